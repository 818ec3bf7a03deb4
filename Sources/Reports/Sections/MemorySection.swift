import Hardware
import Machine
import Programs
import Simulation

//   memory    SBUF 34.0 KiB of 207.7 KiB (16 %), PSUM 8.0 KiB of 16.0 KiB (50 %) per partition at most

/// How much of the memories on chip was used.
struct MemorySection: Section {
  static let name = "memory"
  static let title = "Memory"

  let core: CoreReport

  init(_ subject: Subject) { core = subject.core }

  var blocks: [Block] {
    guard core.timed != nil else { return [] }
    let hardware = core.run.hardware
    let sbuf = use(.sbuf, of: hardware.sbuf.usableBytesPerPartition)
    let psum = use(.psum, of: hardware.psum.bytesPerPartition)
    return [.facts([Block.Fact("memory", "\(sbuf), \(psum) per partition at most")])]
  }

  private func use(_ space: MemorySpace, of room: Int) -> Phrase {
    let peak = core.run.program.peakBytes(in: space)
    let share = room > 0 ? Double(peak) / Double(room) : 0
    let used = Figure.bytes(peak, MemorySection.key(space))
    return "\(space.name.uppercased()) \(used) of \(.bytes(room)) (\(.share(share)))"
  }

  // Not the profiler's: the highest address in use, which is what overflows.
  private static func key(_ space: MemorySpace) -> String {
    "\(space.name)_peak_bytes_per_partition"
  }

  var values: [String: JSON] {
    var values: [String: JSON] = [:]
    for space in [MemorySpace.sbuf, .psum] {
      values[MemorySection.key(space)] = .integer(core.run.program.peakBytes(in: space))
    }
    return values
  }
}
