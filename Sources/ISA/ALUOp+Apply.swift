import Formats
import Glibc

extension ALUOp {
  /// `result[i] = lhs[i * lhsStep] op rhs[i * rhsStep]` in fp32, for `count` elements.
  ///
  /// A step of 0 repeats one value; `result` may be one of the inputs. Comparisons and logical
  /// operations give 1.0 or 0.0.
  func apply(
    _ lhs: UnsafePointer<Float>, lhsStep: Int = 1, _ rhs: UnsafePointer<Float>,
    rhsStep: Int = 1, count: Int, into result: UnsafeMutablePointer<Float>
  ) {
    @inline(__always) func each(_ body: (Float, Float) -> Float) {
      if lhsStep == 1 && rhsStep == 1 {
        for i in 0..<count { result[i] = body(lhs[i], rhs[i]) }
      } else if lhsStep == 1 && rhsStep == 0 {
        let right = rhs[0]
        for i in 0..<count { result[i] = body(lhs[i], right) }
      } else if lhsStep == 0 && rhsStep == 1 {
        let left = lhs[0]
        for i in 0..<count { result[i] = body(left, rhs[i]) }
      } else {
        for i in 0..<count { result[i] = body(lhs[i * lhsStep], rhs[i * rhsStep]) }
      }
    }
    switch self {
    case .add: each { $0 + $1 }
    case .subtract: each { $0 - $1 }
    case .multiply: each { $0 * $1 }
    case .divide: each { $0 / $1 }
    case .maximum: each { $0.isNaN || $1.isNaN ? .nan : $0 > $1 ? $0 : $1 }
    case .minimum: each { $0.isNaN || $1.isNaN ? .nan : $0 < $1 ? $0 : $1 }
    case .absMax:
      each { left, right in
        let (a, b) = (Swift.abs(left), Swift.abs(right))
        return a.isNaN || b.isNaN ? .nan : a > b ? a : b
      }
    case .absMin:
      each { left, right in
        let (a, b) = (Swift.abs(left), Swift.abs(right))
        return a.isNaN || b.isNaN ? .nan : a < b ? a : b
      }
    case .abs: each { left, _ in Swift.abs(left) }
    case .square: each { left, _ in left * left }
    case .relu: each { left, _ in left <= 0 ? 0 : left }
    case .power: each { powf($0, $1) }
    case .rsqrt: each { left, _ in 1 / left.squareRoot() }
    case .equal: each { $0 == $1 ? 1 : 0 }
    case .notEqual: each { $0 != $1 ? 1 : 0 }
    case .greater: each { $0 > $1 ? 1 : 0 }
    case .greaterEqual: each { $0 >= $1 ? 1 : 0 }
    case .less: each { $0 < $1 ? 1 : 0 }
    case .lessEqual: each { $0 <= $1 ? 1 : 0 }
    case .logicalAnd: each { $0 != 0 && $1 != 0 ? 1 : 0 }
    case .logicalOr: each { $0 != 0 || $1 != 0 ? 1 : 0 }
    case .logicalXor: each { ($0 != 0) != ($1 != 0) ? 1 : 0 }
    case .logicalNot: each { left, _ in left == 0 ? 1 : 0 }
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .invert, .leftShift, .rightShift:
      preconditionFailure("\(rawValue) works on bit patterns")
    }
  }

  /// `result[i] = lhs[i * lhsStep] op rhs[i * rhsStep]` on 32-bit patterns.
  ///
  /// Shifts to the right keep the sign when `signed`, as NumPy's do.
  func applyBits(
    _ lhs: UnsafePointer<UInt32>, lhsStep: Int = 1, _ rhs: UnsafePointer<UInt32>,
    rhsStep: Int = 1, count: Int, signed: Bool, into result: UnsafeMutablePointer<UInt32>
  ) {
    @inline(__always) func each(_ body: (UInt32, UInt32) -> UInt32) {
      for i in 0..<count { result[i] = body(lhs[i * lhsStep], rhs[i * rhsStep]) }
    }
    switch self {
    case .bitwiseAnd: each { $0 & $1 }
    case .bitwiseOr: each { $0 | $1 }
    case .bitwiseXor: each { $0 ^ $1 }
    case .invert: each { left, _ in ~left }
    case .leftShift: each { $0 << $1 }
    case .rightShift:
      if signed {
        each { UInt32(bitPattern: Int32(bitPattern: $0) >> $1) }
      } else {
        each { $0 >> $1 }
      }
    default: preconditionFailure("\(rawValue) works on values")
    }
  }

  /// Whether GpSimd computes it exactly on 32-bit integers.
  ///
  /// Source: NKI documentation, `tensor_tensor` (native integer arithmetic); which operations are
  /// meant is `assumed`: those whose result is an integer.
  var isExactOnIntegers: Bool {
    switch self {
    case .add, .subtract, .multiply, .maximum, .minimum: true
    default: isComparison
    }
  }

  /// The result on integers, before it is cut to 32 bits.
  func applyInteger(_ left: Int64, _ right: Int64) -> Int64 {
    switch self {
    case .add: left &+ right
    case .subtract: left &- right
    case .multiply: left &* right
    case .maximum: Swift.max(left, right)
    case .minimum: Swift.min(left, right)
    default: holds(left, right) ? 1 : 0
    }
  }
}

extension DType {
  /// Whether GpSimd computes with it natively.
  var isNativeInteger: Bool { self == .int32 || self == .uint32 }
}
