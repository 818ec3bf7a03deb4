import Device
import Host
import ISA

/// What a program with control flow executed, as a program without any.
public struct ExecutedStream: Sendable {
  /// The executed instructions in order, on the program's tensors.
  public private(set) var program: Program
  /// For each of them, its position in the program that was executed.
  public private(set) var origins: [Int32]
  /// For each instruction of the executed program, where it was executed last.
  private var latest: [Int32]
  private let draw: MemoryDraw

  /// What an instruction takes: its operation and its list of earlier instructions on the heap, its origin, and as much room
  /// again as an array that has just grown has (measured: 170 bytes of a memset in a loop, on average).
  static let bytesPerInstruction = 256
  /// Instructions that memory is drawn for at a time.
  private static let step = 256

  /// A stream that begins with the first instructions as they are.
  init(_ source: Program, upTo count: Int) {
    program = source
    program.instructions = Array(source.instructions[..<count])
    origins = (0..<Int32(count)).map { $0 }
    latest = origins
    draw = MemoryDraw(count * ExecutedStream.bytesPerInstruction)
  }

  /// Adds an instruction that comes after the register loads at `sources`.
  mutating func append(_ instruction: Instruction, from origin: Int, sources: [Int32]) {
    var instruction = instruction
    // A program that grows is longer now than when recording began.
    while latest.count <= origin { latest.append(-1) }
    var after = sources
    for other in instruction.after where Int(other) < latest.count && latest[Int(other)] >= 0 {
      after.append(latest[Int(other)])
    }
    instruction.after = after.count > 1 ? Array(Set(after)).sorted() : after
    latest[origin] = Int32(program.instructions.count)
    if program.instructions.count % ExecutedStream.step == 0 {
      draw.take(ExecutedStream.step * ExecutedStream.bytesPerInstruction)
    }
    program.instructions.append(instruction)
    origins.append(Int32(origin))
  }

  /// Declares the tensors as another program does that has the same ones.
  public mutating func restoreTensors(of source: Program) { program.tensors = source.tensors }

  /// Position that the next instruction gets.
  var next: Int32 { Int32(program.instructions.count) }

  /// Engines of the instructions from a position on.
  func engines(from position: Int32) -> [Engine] {
    var seen: Set<Engine> = []
    for instruction in program.instructions[Int(position)...]
    where !Swift.type(of: instruction.operation).isControl {
      seen.insert(instruction.resolvedEngine)
    }
    return Engine.allCases.filter { seen.contains($0) }
  }
}
