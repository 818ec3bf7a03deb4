/// The functions of the Scalar engine, by their `nki.language` names.
///
/// Source: NKI documentation, "Supported Activation Functions".
public enum ActivationFunction: String, SymbolField {
  case copy
  case exp
  case log
  case sqrt
  case rsqrt
  case reciprocal
  case square
  case relu
  case sigmoid
  case silu
  case tanh
  case gelu
  case geluApprxTanh = "gelu_apprx_tanh"
  case geluApprxSigmoid = "gelu_apprx_sigmoid"
  case softplus
  case mish
  case erf
  case sign
  case abs
  case sin
  case arctan
  case geluDx = "gelu_dx"
  case geluApprxSigmoidDx = "gelu_apprx_sigmoid_dx"
  case siluDx = "silu_dx"
  case erfDx = "erf_dx"
  /// x, or a parameter times x below 0; of `activate2` alone, which has the parameter.
  case prelu
}
