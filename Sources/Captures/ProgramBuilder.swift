import Device
import Diagnostics

/// Turns the rows of a capture into device instructions.
struct ProgramBuilder {
  private(set) var program = DeviceProgram()
  /// By device instruction: the row that it was made of.
  private(set) var rows: [CapturedInstruction] = []
  private let file: String
  private var diagnostics: [Diagnostic] = []
  /// Semaphores of the capture, renumbered from 0.
  private var semaphores: [Int: Int32] = [:]
  /// Columns of the weights that the next matmuls use.
  private var columns = 0
  private var weightsAreTransposing = false
  /// Triggers in the order of their engine's stream: device instruction.
  private(set) var triggers: [Int] = []

  init(file: String) { self.file = file }

  /// Adds all instructions; transfers are put in later, by `TransferMatcher`.
  mutating func add(_ captured: [CapturedInstruction]) throws(DiagnosticError) {
    let ordered = captured.sorted { ($0.engine, $0.index) < ($1.engine, $1.index) }
    for (place, row) in ordered.enumerated() {
      guard let engine = Engine(name: row.engine) else {
        refuse(row, "there is no engine \(row.engine)")
        continue
      }
      let following = ordered[(place + 1)...].first {
        $0.engine == row.engine && $0.opcode == "LDWEIGHTS"
      }
      guard let (opcode, work) = work(of: row, following: following) else { continue }
      var instruction = DeviceInstruction(
        engine: engine, opcode: opcode, work: work, source: row.index)
      instruction.firstWait = Int32(program.waits.count)
      instruction.firstUpdate = Int32(program.updates.count)
      for text in row.wait.split(whereSeparator: { $0 == ";" || $0 == " " }) {
        guard let wait = wait(text, row) else { continue }
        program.waits.append(wait)
        instruction.waitCount += 1
      }
      for text in row.update.split(whereSeparator: { $0 == ";" || $0 == " " }) {
        guard let update = update(text, row) else { continue }
        program.updates.append(update)
        instruction.updateCount += 1
      }
      if case .trigger = work { triggers.append(program.instructions.count) }
      program.instructions.append(instruction)
      rows.append(row)
    }
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
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

  /// The number that a semaphore of the capture got; `nil` when no instruction names it.
  func number(ofSemaphore captured: Int) -> Int32? { semaphores[captured] }

  private mutating func refuse(
    _ row: CapturedInstruction, _ message: String, remedy: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        .error, message, at: SourceLocation(file: file, line: row.row + 2), remedy: remedy))
  }

  // MARK: - Semaphores

  private mutating func semaphore(_ text: Substring) -> Int32? {
    guard text.hasPrefix("S["), let close = text.firstIndex(of: "]"),
      let captured = Int(text[text.index(text.startIndex, offsetBy: 2)..<close])
    else { return nil }
    if let known = semaphores[captured] { return known }
    let number = Int32(semaphores.count)
    semaphores[captured] = number
    return number
  }

  private mutating func wait(_ text: Substring, _ row: CapturedInstruction) -> SemaphoreWait? {
    guard let number = semaphore(text), let compare = text.firstRange(of: ">="),
      let value = Int32(text[compare.upperBound...])
    else {
      refuse(
        row, "the wait \(text) is not of the form S[n]>=v", remedy: "only such waits are modelled")
      return nil
    }
    return SemaphoreWait(semaphore: number, value: value)
  }

  private mutating func update(
    _ text: Substring, _ row: CapturedInstruction
  ) -> SemaphoreUpdate? {
    if let number = semaphore(text) {
      if text.hasSuffix("++") { return SemaphoreUpdate(semaphore: number, amount: 1) }
      if let plus = text.firstRange(of: "+="), let amount = Int32(text[plus.upperBound...]) {
        return SemaphoreUpdate(semaphore: number, amount: amount)
      }
    }
    refuse(
      row, "the update \(text) is neither S[n]++ nor S[n]+=v",
      remedy: "decrements and sets are not modelled; replay a part of the kernel without them")
    return nil
  }

  // MARK: - Work

  private mutating func work(
    of row: CapturedInstruction, following: CapturedInstruction?
  ) -> (DeviceOpcode, Work)? {
    switch row.opcode {
    case "EVENT_SEMAPHORE": return (.eventSemaphore, .control)
    case "NOP": return (.nop, .control)
    case "WRITE", "DMA_DIRECT2D", "DMA_TRIGGER":
      return (row.opcode == "WRITE" ? .write : .dmaTrigger, .trigger(transfer: -1))
    case "ACT_TABLE_LOAD":
      return (.actTableLoad, .stream(Stream(.tableLoad, elements: 0)))
    case "LDWEIGHTS":
      guard let operand = CapturedOperand(row.source) else { return unreadable(row) }
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
      guard let operand = CapturedOperand(row.source) else { return unreadable(row) }
      return (
        .matmul,
        .matmul(
          Matmul(
            rows: row.channels > 0 ? row.channels : 128, columns: columns,
            moving: operand.elements,
            rate: bytes(row.sourceType) == 4 ? .float32Pass : .single,
            transpose: weightsAreTransposing))
      )
    default: break
    }
    guard let (opcode, streamClass) = ProgramBuilder.streams[row.opcode] else {
      refuse(
        row, "the opcode \(row.opcode) is not modelled",
        remedy: remedyForUnknown(row.opcode, known: ProgramBuilder.streams.keys.sorted()))
      return nil
    }
    guard let output = CapturedOperand(row.destination) else { return unreadable(row) }
    let input = CapturedOperand(row.source)
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
          outputStrideBytes: outputStride * outputBytes, outputElementBytes: outputBytes))
    )
  }

  private mutating func unreadable(_ row: CapturedInstruction) -> (DeviceOpcode, Work)? {
    refuse(
      row, "\(row.opcode) has operands \"\(row.source)\" and \"\(row.destination)\"",
      remedy: "operands have the form MEMORY@address[strides][sizes]")
    return nil
  }

  /// Bytes of an element of a type as the captures name it; 4 for unknown types.
  private func bytes(_ type: String) -> Int {
    if type.contains("16") { return 2 }
    return type.contains("8") ? 1 : 4
  }

  /// What the profiler's opcodes ask of an engine.
  ///
  /// TENSOR_SCALAR is priced as reading its scalar from SBUF: the captures do not print that operand,
  /// and every one that was compared with its source has a [P, 1] tile there.
  private static let streams: [String: (DeviceOpcode, StreamClass)] = [
    "COPY": (.tensorCopy, .copy), "CAST": (.cast, .cast),
    "TENSOR_TENSOR": (.tensorTensor, .tensorTensor),
    "TENSOR_SCALAR": (.tensorScalar, .tensorScalarPointer),
    "SCALAR_TENSOR_TENSOR": (.scalarTensorTensor, .scalarTensorTensor),
    "TENSOR_REDUCE": (.tensorReduce, .tensorReduce),
    "TENSOR_SCALAR_REDUCE": (.tensorScalarReduce, .tensorScalarReduce),
    "COPY_PREDICATED": (.copyPredicated, .select), "SELECT": (.copyPredicated, .select),
    "RANGE_SELECT": (.rangeSelect, .rangeSelect), "RECIPROCAL": (.reciprocal, .reciprocal),
    "MEMSET": (.memset, .memset), "MAX8": (.max8, .max8),
    "FIND_INDEX8": (.findIndex8, .findIndex8), "MATCH_REPLACE8": (.matchReplace8, .matchReplace8),
    "STREAM_SHUFFLE": (.shuffle, .shuffle), "STREAM_TRANSPOSE": (.transpose, .transpose32),
    "TRANSPOSE": (.transpose, .transpose32), "IOTA": (.iota, .iota),
    "AFFINE_SELECT": (.affineSelect, .affineSelect),
    "PARTITION_REDUCE": (.partitionReduce, .partitionReduce),
    "ACTIVATE": (.activate, .activation),
    "ACTIVATE_REDUCE": (.activateReduce, .activationReduce),
  ]
}
