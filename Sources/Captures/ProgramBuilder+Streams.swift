import Device

extension ProgramBuilder {
  /// The class of streamed work that an opcode is priced as; `nil` for work of the sequencer alone.
  ///
  /// What has no price of its own is taken for an element-wise operation of its engine, with a note; what
  /// has no operand is taken for control.
  mutating func stream(
    of row: CapturedInstruction, on engine: Engine
  ) -> (DeviceOpcode, StreamClass)? {
    let known = ProgramBuilder.streams[row.opcode]
    if let known, ProgramBuilder.canRun(known.1, on: engine) { return known }
    guard !row.destination.isEmpty, let usual = ProgramBuilder.elementWise(on: engine) else {
      let reason = row.destination.isEmpty ? "it works on no operand" : "it has no known price"
      notes.add("\(row.opcode) on \(row.engine) is priced as a NOP: \(reason)", row)
      return nil
    }
    notes.add(
      "\(row.opcode) on \(row.engine) has no known price: it is taken for "
        + "\(usual.0.name), at that rate per element", row)
    return usual
  }

  /// What an element-wise operation of an engine is priced as.
  private static func elementWise(on engine: Engine) -> (DeviceOpcode, StreamClass)? {
    switch engine {
    case .vector, .gpsimd: (.tensorTensor, .tensorTensor)
    case .scalar: (.activate, .activation)
    case .tensor, .sync: nil
    }
  }

  /// Whether hardware configurations price a class on an engine.
  private static func canRun(_ streamClass: StreamClass, on engine: Engine) -> Bool {
    switch engine {
    case .vector:
      switch streamClass {
      case .activation, .activationReduce, .tableLoad, .iota, .affineSelect, .partitionReduce: false
      default: true
      }
    case .scalar:
      switch streamClass {
      case .copy, .cast, .tensorScalar, .tensorScalarPointer, .activation, .activationReduce,
        .tableLoad:
        true
      default: false
      }
    case .gpsimd:
      switch streamClass {
      case .copy, .cast, .tensorTensor, .tensorScalar, .tensorScalarPointer, .memset, .iota,
        .affineSelect, .partitionReduce:
        true
      default: false
      }
    case .tensor, .sync: false
    }
  }

  /// What the profiler's opcodes ask of an engine.
  ///
  /// TENSOR_SCALAR is priced as reading its scalar from SBUF: the captures do not print that operand,
  /// and every one that was compared with its source has a [P, 1] tile there.
  private static let streams: [String: (DeviceOpcode, StreamClass)] = [
    "COPY": (.tensorCopy, .copy), "TENSOR_COPY": (.tensorCopy, .copy), "CAST": (.cast, .cast),
    "TENSOR_TENSOR": (.tensorTensor, .tensorTensor),
    "TENSOR_SCALAR": (.tensorScalar, .tensorScalarPointer),
    "TENSOR_SCALAR_PTR": (.tensorScalar, .tensorScalarPointer),
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
    "TENSOR_SCALAR_AFFINE_SELECT": (.affineSelect, .affineSelect),
    "PARTITION_REDUCE": (.partitionReduce, .partitionReduce),
    "ACTIVATE": (.activate, .activation), "ACTIVATION": (.activate, .activation),
    "ACTIVATE_REDUCE": (.activateReduce, .activationReduce),
  ]
}
