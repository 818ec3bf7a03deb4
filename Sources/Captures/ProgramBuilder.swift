import Device
import Diagnostics

/// Turns the rows of a capture into device instructions.
struct ProgramBuilder {
  private(set) var program = DeviceProgram()
  /// By device instruction: the row that it was made of.
  private(set) var rows: [CapturedInstruction] = []
  private let file: String
  private var diagnostics: [Diagnostic] = []
  /// What is priced by a rule that no capture supports, or left out.
  var notes = CaptureNotes()
  /// Semaphores of the capture, renumbered from 0.
  private var semaphores: [Int: Int32] = [:]
  private var capturedSemaphores: [Int] = []
  /// Columns of the weights that the next matmuls use.
  private var columns = 0
  private var weightsAreTransposing = false
  /// Triggers in the order of their engine's stream: device instruction.
  private(set) var triggers: [Int] = []

  init(file: String) { self.file = file }

  /// Adds all instructions; transfers are put in later, by `TransferMatcher`.
  mutating func add(_ captured: [CapturedInstruction]) throws(DiagnosticError) {
    let ordered = captured.sorted { ($0.engine, $0.index) < ($1.engine, $1.index) }
    let following = ProgramBuilder.followingLoads(ordered)
    for (place, row) in ordered.enumerated() {
      guard let engine = Engine(name: row.engine) else {
        refuse(row, "engine: trnsim has no engine '\(row.engine)'")
        continue
      }
      guard let (opcode, work) = work(of: row, on: engine, following: following[place]) else {
        continue
      }
      var instruction = DeviceInstruction(
        engine: engine, opcode: opcode, work: work, source: row.index)
      instruction.firstWait = Int32(program.waits.count)
      instruction.firstUpdate = Int32(program.updates.count)
      for term in row.waits {
        guard let wait = wait(term, row) else { continue }
        program.waits.append(wait)
        instruction.waitCount += 1
      }
      for term in row.updates {
        guard let update = update(term, row) else { continue }
        program.updates.append(update)
        instruction.updateCount += 1
      }
      if case .trigger = work { triggers.append(program.instructions.count) }
      program.instructions.append(instruction)
      rows.append(row)
    }
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
  }

  /// By row: the weight load after it in its engine's stream.
  private static func followingLoads(_ ordered: [CapturedInstruction]) -> [CapturedInstruction?] {
    var following: [CapturedInstruction?] = Array(repeating: nil, count: ordered.count)
    var next: CapturedInstruction?
    for place in ordered.indices.reversed() {
      if next?.engine != ordered[place].engine { next = nil }
      following[place] = next
      if ordered[place].opcode == "LDWEIGHTS" { next = ordered[place] }
    }
    return following
  }

  /// Takes the first of each pair of WRITEs for a part of the second's DMA: it starts none.
  ///
  /// Compilers from 2.23 on start a prepared DMA with two WRITEs one behind the other (decoded streams of two MoE kernels). Only
  /// the first may wait, so a WRITE that waits begins a pair; an engine whose WRITEs are no pairs keeps them.
  mutating func pairWrites() {
    var firsts: Set<Int> = []
    for engine in Engine.allCases {
      let own = triggers.filter {
        program.instructions[$0].engine == engine && program.instructions[$0].opcode == .write
      }
      let all = Set(own)
      let pairs = stride(from: 0, to: own.count - own.count % 2, by: 2).map { own[$0] }
      let fits = pairs.allSatisfy {
        all.contains($0 + 1) && program.instructions[$0 + 1].waitCount == 0
      }
      if fits && own.count % 2 == 0 { firsts.formUnion(pairs) }
    }
    for index in firsts { program.instructions[index].work = .control }
    triggers.removeAll { firsts.contains($0) }
  }

  /// The program with its transfers in place.
  func finished(_ build: (inout DeviceProgram) throws(DiagnosticError) -> Void)
    throws(DiagnosticError) -> DeviceProgram
  {
    var whole = program
    whole.semaphores = semaphores.count
    try build(&whole)
    return whole
  }

  /// The semaphore of the capture that got a number; `nil` for numbers that none got.
  func capturedSemaphore(_ number: Int32) -> Int? {
    capturedSemaphores.indices.contains(Int(number)) ? capturedSemaphores[Int(number)] : nil
  }

  /// By a program's semaphore: its number in the capture; its own where no row of the capture names it.
  func semaphoreNumbers(of program: DeviceProgram) -> [Int] {
    (0..<program.semaphores).map { capturedSemaphore(Int32($0)) ?? $0 }
  }

  /// The number that a semaphore of the capture got; `nil` when no instruction names it.
  func number(ofSemaphore captured: Int) -> Int32? { semaphores[captured] }

  private mutating func refuse(
    _ row: CapturedInstruction, _ message: String, remedy: String? = nil
  ) {
    guard diagnostics.count < CSVTable.mostFindings else { return }
    diagnostics.append(
      Diagnostic(
        .error, message, at: SourceLocation(file: file, line: row.row + 2), remedy: remedy))
  }

  // MARK: - Semaphores

  /// The number that a semaphore of the capture has here.
  private mutating func semaphore(_ captured: Int) -> Int32 {
    if let known = semaphores[captured] { return known }
    let number = Int32(semaphores.count)
    semaphores[captured] = number
    capturedSemaphores.append(captured)
    return number
  }

  private mutating func wait(_ term: SemaphoreTerm, _ row: CapturedInstruction) -> SemaphoreWait? {
    if case .reaches(let value) = term.action {
      return SemaphoreWait(semaphore: semaphore(term.semaphore), value: value)
    }
    notes.add("the wait \(term.text) is left out: it is not of the form S[n]>=v", row)
    return nil
  }

  private mutating func update(
    _ term: SemaphoreTerm, _ row: CapturedInstruction
  ) -> SemaphoreUpdate? {
    if case .adds(let amount) = term.action {
      return SemaphoreUpdate(semaphore: semaphore(term.semaphore), amount: amount)
    }
    notes.add("the update \(term.text) is left out: it is neither S[n]++ nor S[n]+=v", row)
    return nil
  }

  // MARK: - Work

  private mutating func work(
    of row: CapturedInstruction, on engine: Engine, following: CapturedInstruction?
  ) -> (DeviceOpcode, Work)? {
    if let work = row.work {
      return (DeviceOpcode.allCases.first { $0.name == row.opcode } ?? .nop, work)
    }
    switch row.opcode {
    case "EVENT_SEMAPHORE": return (.eventSemaphore, .control)
    case "NOP": return (.nop, .control)
    case "TENSOR_LOAD": return (.addressLoad, .control)
    case "REG_MOVE": return (.addressMove, .control)
    case "REG_ALU": return (.addressALU, .control)
    case "WRITE", "DMA_DIRECT2D", "DMA_TRIGGER", "DMA_INDIRECT", "DMA_TRANSPOSE":
      return (row.opcode == "WRITE" ? .write : .dmaTrigger, .trigger(transfer: -1))
    case "ACT_TABLE_LOAD":
      return (.actTableLoad, .stream(Stream(.tableLoad, elements: 0)))
    case "LDWEIGHTS":
      guard let operand = row.sourceOperand else { return missing("source", row) }
      columns = operand.elements
      let fourByte = bytes(row.sourceType) == 4
      // The compiler splits float32 weights into a LOW and a HIGH pass; what passes through once only
      // is moved and not multiplied: a transpose.
      weightsAreTransposing =
        fourByte
        && (row.float32Mode.isEmpty
          || row.float32Mode == "LOW"
            && !(following?.source == row.source && following?.float32Mode == "HIGH"))
      return (
        .ldweights,
        .loadWeights(
          LoadWeights(
            rows: row.channels > 0 ? row.channels : 128, columns: columns, fourByte: fourByte,
            transpose: weightsAreTransposing,
            strideBytes: abs(operand.innermostStride) * bytes(row.sourceType)))
      )
    case "MATMUL":
      guard let operand = row.sourceOperand else { return missing("source", row) }
      return (
        .matmul,
        .matmul(
          Matmul(
            rows: row.channels > 0 ? row.channels : 128, columns: columns,
            moving: operand.elements,
            rate: rate(row.sourceType),
            transpose: weightsAreTransposing,
            misalignedRows: bytes(row.sourceType) == 2 ? operand.misalignedRows : 0))
      )
    default: break
    }
    guard let (opcode, streamClass) = stream(of: row, on: engine) else {
      return (.nop, .control)
    }
    guard let output = row.destinationOperand else { return missing("destination", row) }
    let input = row.sourceOperand
    let inputBytes = bytes(row.sourceType.isEmpty ? row.destinationType : row.sourceType)
    let outputBytes = bytes(row.destinationType)
    let inputStride = abs(input?.innermostStride ?? 1)
    let outputStride = abs(output.innermostStride)
    return (
      opcode,
      .stream(
        Stream(
          streamClass, elements: max(input?.elements ?? 0, output.elements),
          readsPSUM: input?.isPSUM ?? false, writesPSUM: output.isPSUM,
          sixteenBitInputs: inputBytes == 2, sixteenBitOutput: outputBytes == 2,
          contiguous: inputStride == 1 && outputStride == 1,
          inputStrideBytes: inputStride * inputBytes,
          outputStrideBytes: outputStride * outputBytes, outputElementBytes: outputBytes,
          // The tables do not print the second operand; none of these was seen to run at twice the rate.
          repeatsInput: streamClass == .tensorTensor && inputBytes == 2))
    )
  }

  private mutating func missing(
    _ operand: String, _ row: CapturedInstruction
  ) -> (DeviceOpcode, Work)? {
    refuse(
      row, "\(row.opcode) has no \(operand) operand",
      remedy: "replay an unchanged table of a capture")
    return nil
  }

  /// Bytes of an element of a type as the captures name it; 4 for unknown types.
  private func rate(_ type: String) -> MatmulRate {
    switch bytes(type) {
    case 4: .float32Pass
    case 1: .float8
    default: type.contains("bf") ? .single : .float16
    }
  }

  private func bytes(_ type: String) -> Int {
    if type.contains("16") { return 2 }
    return type.contains("8") ? 1 : 4
  }
}
