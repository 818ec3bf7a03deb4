import Foundation

extension ALUOp {
  /// `result[i] = lhs[i * lhsStep] op rhs[i * rhsStep]` in fp32, for `count` elements.
  ///
  /// A step of 0 repeats one value; `result` may be one of the inputs. Comparisons and logical
  /// operations give 1.0 or 0.0.
  func apply(
    _ lhs: UnsafePointer<Float>, step lhsStep: Int = 1, _ rhs: UnsafePointer<Float>,
    step rhsStep: Int = 1, count: Int, into result: UnsafeMutablePointer<Float>
  ) {
    @inline(__always) func each(_ body: (Float, Float) -> Float) {
      if lhsStep == 1 && rhsStep == 1 {
        for i in 0..<count { result[i] = body(lhs[i], rhs[i]) }
      } else if lhsStep == 1 && rhsStep == 0 {
        let right = rhs[0]
        for i in 0..<count { result[i] = body(lhs[i], right) }
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
    case .absMax: each { Swift.max(Swift.abs($0), Swift.abs($1)) }
    case .absMin: each { Swift.min(Swift.abs($0), Swift.abs($1)) }
    case .abs: each { left, _ in Swift.abs(left) }
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
  func applyBits(
    _ lhs: UnsafePointer<UInt32>, step lhsStep: Int = 1, _ rhs: UnsafePointer<UInt32>,
    step rhsStep: Int = 1, count: Int, into result: UnsafeMutablePointer<UInt32>
  ) {
    for i in 0..<count {
      let left = lhs[i * lhsStep]
      let right = rhs[i * rhsStep]
      switch self {
      case .bitwiseAnd: result[i] = left & right
      case .bitwiseOr: result[i] = left | right
      case .bitwiseXor: result[i] = left ^ right
      case .invert: result[i] = ~left
      case .leftShift: result[i] = left << right
      case .rightShift: result[i] = left >> right
      default: preconditionFailure("\(rawValue) works on values")
      }
    }
  }
}
