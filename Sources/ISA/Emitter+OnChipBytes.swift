public import Device
import Formats
import Machine

extension Emitter {
  /// What an emission reads and writes on chip.
  public func onChipBytes(of emission: Emission) -> OnChipBytes {
    var bytes = OnChipBytes()
    var streamed = Int.max
    if case .work(.stream(let stream)) = emission.kind { streamed = Int(stream.elements) }
    for position in emission.reads {
      let pattern = operands[position]
      // A scalar of each partition is not streamed.
      if streamed != .max && pattern.elementsPerRow == 1 && streamed > 1 { continue }
      switch place(pattern).space {
      case .sbuf: bytes.sbufRead += size(pattern, emission)
      case .psum where emission.kind.isWork: bytes.psumRead += size(pattern, emission)
      case .psum, .hbm: break
      }
    }
    for position in emission.writes {
      let pattern = operands[position]
      switch place(pattern).space {
      case .sbuf: bytes.sbufWritten += size(pattern, emission)
      case .psum where emission.kind.isWork: bytes.psumWritten += size(pattern, emission)
      case .psum, .hbm: break
      }
    }
    if bytes.psumRead > 0 && bytes.sbufWritten > 0 {
      bytes.drained = bytes.sbufWritten
      bytes.drains = 1
    }
    return bytes
  }

  /// Bytes of a partition for engines, of all for DMAs.
  private func size(_ pattern: AccessPattern, _ emission: Emission) -> Int {
    let elements = emission.kind.isWork ? pattern.elementsPerRow : pattern.elements
    return elements * place(pattern).dtype.size
  }
}
