public import Formats

/// The cost classes of instructions that stream elements through an engine.
///
/// A hardware configuration prices each class that an engine can run, under the class's
/// `configurationKey`; an engine's table without the class means that the engine cannot run it.
public enum StreamClass: UInt8, CaseIterable, Hashable, Sendable {
  case copy
  case cast
  case tensorTensor
  case tensorScalar
  case tensorScalarPointer
  case scalarTensorTensor
  case tensorReduce
  case tensorScalarReduce
  case reciprocal
  case memset
  case select
  case rangeSelect
  case max8
  case findIndex8
  case matchReplace8
  case shuffle
  case transpose32
  case iota
  case affineSelect
  case partitionReduce
  case activation
  case activationReduce
  case tableLoad
  case exponential
  case quantizeMx
  case random

  /// The snake_case name of the class in hardware configurations.
  public var configurationKey: String { Self.configurationKeys[Int(rawValue)] }

  private static let configurationKeys: [String] = allCases.map { streamClass in
    var key = ""
    for character in String(describing: streamClass) {
      if character.isUppercase { key += "_" }
      key += character.lowercased()
    }
    return key
  }
}

/// Elements streamed through the Vector, Scalar or GpSimd engine.
public struct Stream: Hashable, Sendable {
  /// The cost class.
  public var streamClass: StreamClass
  /// Elements per partition (N of the cost formulas).
  public var elements: Int32
  /// Whether a tensor input is in PSUM.
  public var readsPSUM: Bool
  /// Whether the output is in PSUM.
  public var writesPSUM: Bool
  /// Whether every input is bfloat16 or float16.
  public var sixteenBitInputs: Bool
  /// Whether the output is bfloat16 or float16.
  public var sixteenBitOutput: Bool
  /// Whether every operand's innermost dimension is contiguous.
  public var contiguous: Bool
  /// Largest innermost stride of the inputs, in bytes.
  public var inputStrideBytes: Int32
  /// Innermost stride of the output, in bytes.
  public var outputStrideBytes: Int32
  /// Element size of the output in bytes.
  public var outputElementBytes: UInt8
  /// Whether an input after the first repeats elements (a stride of 0).
  public var repeatsInput: Bool

  /// Makes stream work of contiguous 32-bit SBUF operands; change what differs.
  public init(
    _ streamClass: StreamClass, elements: Int, readsPSUM: Bool = false, writesPSUM: Bool = false,
    sixteenBitInputs: Bool = false, sixteenBitOutput: Bool = false, contiguous: Bool = true,
    inputStrideBytes: Int = 4, outputStrideBytes: Int = 4, outputElementBytes: Int = 4,
    repeatsInput: Bool = false
  ) {
    self.repeatsInput = repeatsInput
    self.streamClass = streamClass
    self.elements = Int32(clamping: elements)
    self.readsPSUM = readsPSUM
    self.writesPSUM = writesPSUM
    self.sixteenBitInputs = sixteenBitInputs
    self.sixteenBitOutput = sixteenBitOutput
    self.contiguous = contiguous
    self.inputStrideBytes = Int32(clamping: inputStrideBytes)
    self.outputStrideBytes = Int32(clamping: outputStrideBytes)
    self.outputElementBytes = UInt8(clamping: outputElementBytes)
  }
}

/// How fast the PE array takes operands of a type.
public enum MatmulRate: UInt8, CaseIterable, Hashable, Sendable {
  /// bfloat16: one column per cycle.
  case single
  /// float16.
  case float16
  /// 8-bit floats, a row of K at a time.
  case float8
  /// tfloat32.
  case tfloat32
  /// One of the two passes of float32, or a float32 transpose: two cycles per column.
  case float32Pass
  /// float8 double row: 256 rows of K in the time of 128.
  case doubleRow
  /// Packed MX data: 512 rows of K in the time of 128.
  case mx
}

extension MatmulRate {
  /// The rate at which data of a type streams through the array.
  public init(moving dtype: DType) {
    switch dtype {
    case .float16: self = .float16
    case .tfloat32: self = .tfloat32
    default:
      switch dtype.size {
      case 4: self = .float32Pass
      case 1: self = .float8
      default: self = .single
      }
    }
  }
}

/// Loading a stationary operand into the PE array.
public struct LoadWeights: Hashable, Sendable {
  /// Partitions (K).
  public var rows: Int32
  /// Columns (M).
  public var columns: Int32
  /// Whether elements are 32 bit wide.
  public var fourByte: Bool
  /// Whether the weights go in for a transpose.
  public var transpose: Bool
  /// Innermost stride in bytes.
  public var strideBytes: Int32

  /// Makes a weight load.
  public init(rows: Int, columns: Int, fourByte: Bool, transpose: Bool, strideBytes: Int) {
    self.rows = Int32(clamping: rows)
    self.columns = Int32(clamping: columns)
    self.fourByte = fourByte
    self.transpose = transpose
    self.strideBytes = Int32(clamping: strideBytes)
  }
}

/// Streaming a moving operand through the PE array.
public struct Matmul: Hashable, Sendable {
  /// Partitions (K) that carry data.
  public var rows: Int32
  /// Columns of the stationary operand (M).
  public var columns: Int32
  /// Columns of the moving operand (N).
  public var moving: Int32
  /// Operand rate.
  public var rate: MatmulRate
  /// Whether the data only passes through (transpose): no useful floating-point operations.
  public var transpose: Bool
  /// Rows of the moving operand's pattern that begin at an odd multiple of 2 bytes.
  public var misalignedRows: Int32

  /// Makes a matmul.
  public init(
    rows: Int, columns: Int, moving: Int, rate: MatmulRate, transpose: Bool,
    misalignedRows: Int = 0
  ) {
    self.misalignedRows = Int32(clamping: misalignedRows)
    self.rows = Int32(clamping: rows)
    self.columns = Int32(clamping: columns)
    self.moving = Int32(clamping: moving)
    self.rate = rate
    self.transpose = transpose
  }
}

/// Rows of 2-byte elements that begin at an odd multiple of 2 bytes.
///
/// `begin` is the first row's in elements of the memory, `outer` the strides and sizes of the dimensions
/// that lead from row to row.
public func misalignedRows(begin: Int, outer: [(stride: Int, size: Int)]) -> Int {
  var odd = begin & 1
  var even = 1 - odd
  for (stride, size) in outer {
    let half = stride & 1 == 1 ? size / 2 : 0
    (even, odd) = (even * (size - half) + odd * half, odd * (size - half) + even * half)
  }
  return odd
}

/// What one device instruction asks of the hardware, without a word of how long it takes.
public enum Work: Hashable, Sendable {
  /// Control on the sequencer: waits and semaphore updates only.
  case control
  /// LDWEIGHTS.
  case loadWeights(LoadWeights)
  /// MATMUL.
  case matmul(Matmul)
  /// A pass over elements on Vector, Scalar or GpSimd.
  case stream(Stream)
  /// Starts the transfer with this index in the device program.
  case trigger(transfer: Int32)
}
