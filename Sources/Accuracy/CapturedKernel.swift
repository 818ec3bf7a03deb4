/// A captured kernel whose source is public, as a kernel of this library, with its measured spans.
package struct CapturedKernel: Hashable, Sendable {
  /// The capture, without what tells its repetitions apart.
  package var name: String
  /// User spans of its captures (other machines, or the same one again), in µs.
  package var measured: [Double]
  /// The kernel's name.
  package var kernel: String
  /// What its author and its compiler chose, each `name=value`.
  package var settings: [String]

  private init(_ name: String, _ measured: [Double], _ kernel: String, _ settings: String) {
    self.name = name
    self.measured = measured
    self.kernel = kernel
    self.settings = settings.split(separator: " ").map(String.init)
  }

  /// All of them.
  ///
  /// Vector addition and transpose: Stanford CS149 assignment 4, profiles that students published,
  /// compiled without descriptor generation, trn2.3xlarge. Attention: profiles in
  /// allenkchau/trainium-kernel-fusion. The loops are those of the public sources; engines, queues and
  /// the order of the stores are those of the captured instruction streams. A span goes from the first
  /// user instruction's begin to the last one's end.
  package static let all: [CapturedKernel] = [
    CapturedKernel(
      "vector_add_256k_tile1000", [11.407, 11.553, 11.258], "vector_add", "tile_free=1000 dge=none"),
    CapturedKernel(
      "vector_add_256k_tile2000", [13.202, 13.437, 13.715], "vector_add", "tile_free=2000 dge=none"),
    CapturedKernel(
      "transpose_1024_fp32", [31.613, 32.007, 31.510], "transpose", "dge=none first_store=48"),
    CapturedKernel(
      "attention_fused_fp32_s512", [23.119, 23.562], "attention", "form=fused dtype=float32"),
    CapturedKernel(
      "attention_fused_bf16_s512", [20.962], "attention", "form=fused dtype=bfloat16"),
    CapturedKernel(
      "attention_3pass_fp32_s512", [43.406, 44.313], "attention", "form=three_pass dtype=float32"),
    CapturedKernel(
      "attention_3pass_bf16_s512", [39.085], "attention", "form=three_pass dtype=bfloat16"),
  ]
}
