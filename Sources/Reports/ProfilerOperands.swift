import Device
import Formats
import Hardware
import ISA
import Machine
import Programs

/// Operands of device instructions in the profiler's notation:
/// `S[5] (Tensor)>=4 S[4] (Scalar)++@complete src=fp32@0x20[1][512] dst=fp32@0x2000000[1][512] channels=128`.
struct ProfilerOperands {
  private let program: Program
  private let device: DeviceProgram
  private var emitter: Emitter
  /// By semaphore: the engine or the queue that updates it.
  private var owners: [String]
  /// What an operation asked for.
  private struct Emitted {
    let emission: Emission
    let operands: [AccessPattern]
    let bytes: OnChipBytes
  }
  /// By program instruction: its emissions that are left.
  private var emissions: [Int32: [Emitted]] = [:]

  init(_ program: Program, _ device: DeviceProgram, _ hardware: Hardware) {
    self.program = program
    self.device = device
    emitter = Emitter(engine: .tensor, tensors: program.tensors, geometry: Geometry(hardware))
    owners = Array(repeating: "none", count: device.semaphores)
    for instruction in device.instructions {
      for update in device.updates(of: instruction) {
        owners[Int(update.semaphore)] = instruction.engine.displayName
      }
    }
    for transfer in device.transfers {
      guard let completion = transfer.completion else { continue }
      owners[Int(completion.semaphore)] = device.queues[Int(transfer.queue)]
    }
  }

  /// Operands of the instruction, and what it reads and writes on chip; instructions are asked for in their order.
  mutating func next(_ instruction: DeviceInstruction) -> (text: String, bytes: OnChipBytes) {
    var words: [String] = []
    for wait in device.waits(of: instruction) {
      words.append("S[\(wait.semaphore)] (\(owners[Int(wait.semaphore)]))>=\(wait.value)")
    }
    for update in device.updates(of: instruction) {
      let owner = owners[Int(update.semaphore)]
      let change = update.amount == 1 ? "++" : "+=\(update.amount)"
      words.append("S[\(update.semaphore)] (\(owner))\(change)@complete")
    }
    if case .trigger(let transfer) = instruction.work,
      let completion = device.transfers[Int(transfer)].completion
    {
      words.append("semaphore=\(completion.semaphore) sem_increment=\(completion.amount)")
    }
    guard let emitted = emitted(by: instruction) else {
      return (words.joined(separator: " "), OnChipBytes())
    }
    let (emission, operands) = (emitted.emission, emitted.operands)
    if emission.kind.isWork {
      if let source = emission.reads.lazy.map({ operands[$0] }).first(where: isOnChip) {
        words += printed("src", source, emission)
      }
      if let target = emission.writes.lazy.map({ operands[$0] }).first(where: isOnChip) {
        words += printed("dst", target, emission)
      }
      if case .matmul(let matmul) = instruction.work {
        words.append("\(matmul.rows)*\(matmul.columns)")
      } else if let output = emission.writes.first {
        words.append("channels=\(operands[output].rows)")
      }
    }
    return (words.joined(separator: " "), emitted.bytes)
  }

  /// The next emission of the instruction's operation that is it; `nil` for what the lowering adds.
  private mutating func emitted(by instruction: DeviceInstruction) -> Emitted? {
    guard program.instructions.indices.contains(Int(instruction.source)),
      instruction.opcode != .eventSemaphore
    else { return nil }
    var left = emissions[instruction.source] ?? []
    if emissions[instruction.source] == nil {
      let own = program.instructions[Int(instruction.source)]
      emitter.begin(on: own.resolvedEngine)
      own.operation.lower(into: &emitter)
      left = emitter.emissions.map {
        Emitted(emission: $0, operands: emitter.operands, bytes: emitter.onChipBytes(of: $0))
      }
    }
    defer { emissions[instruction.source] = left }
    guard let next = left.first, next.emission.opcode == instruction.opcode else { return nil }
    left.removeFirst()
    return next
  }

  private func isOnChip(_ pattern: AccessPattern) -> Bool { emitter.place(pattern).space != .hbm }

  /// Nothing for types that the notation has no name for.
  private func printed(
    _ key: String, _ pattern: AccessPattern, _ emitted: Emission
  ) -> [String] {
    let place = emitter.place(pattern)
    let type = String(describing: place.dtype).replacing("bfloat", with: "bf")
      .replacing("tfloat", with: "tf").replacing("float", with: "fp").replacing("_", with: "")
    guard place.dtype != .bool, place.dtype != .float4_e2m1fn_x4 else { return [] }
    let base = place.space == .psum ? 0x200_0000 : 0
    let address = base + place.address + pattern.offset * place.dtype.size
    var strides = pattern.free.reversed().map { Int($0.stride) }
    var sizes = pattern.free.reversed().map { Int($0.size) }
    // The profiler prints three dimensions of products and at least one of others.
    let isProduct = emitted.kind.isProduct
    while sizes.count < (isProduct ? 3 : 1) {
      strides.append(isProduct ? 0 : 1)
      sizes.append(1)
    }
    let lists = [strides, sizes].map { "[\($0.map(String.init).joined(separator: ","))]" }
    return ["\(key)=\(type)@0x\(String(address, radix: 16))\(lists.joined())"]
  }
}

extension Emission.Kind {
  /// Whether the PE array does it.
  fileprivate var isProduct: Bool {
    switch self {
    case .work(.loadWeights), .work(.matmul): true
    default: false
    }
  }
}
