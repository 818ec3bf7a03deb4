/// Whose order a program's instructions have.
public enum Schedule: String, CaseIterable, Sendable {
  /// The author's.
  case program
  /// The compiler's.
  case compiler
}

/// The passes that a compiler generation makes.
public enum Pipeline: String, CaseIterable, Sendable {
  /// Addresses alone.
  case programOrder = "program order"
  /// `neuronxcc.nki`: a middle end that merges the passes of affine loops, list scheduling, spilling.
  case firstGeneration = "first generation"
  /// `nki`: starters of DMAs, engines, list scheduling; nothing is merged.
  case secondGeneration = "second generation"

  /// Key of a program's metadata that names the generation of the API (`1`, `2`) that its kernel was written in,
  /// as long as the compiler has not seen it.
  public static let generationKey = "nki"

  /// Key of a program's metadata that is there, as `compiler`, where passes changed its instructions or their order.
  public static let orderKey = "ordered_by"

  /// Key of a program's metadata that counts tiles of PSUM that were saved for want of a bank.
  public static let savesKey = "psum_saves"
  /// Key that counts those that came back.
  public static let reloadsKey = "psum_reloads"
  /// Key that counts activations that sum rows, in kernels of the first generation.
  public static let rowSumsKey = "row_sums_of_activations"

  /// The passes for a program with this metadata.
  ///
  /// - Parameter schedule: what is asked for; `nil` asks for the compiler of a script's kernel and for program order
  ///   elsewhere. Whoever asks for the compiler of a program of no generation gets the first one's passes.
  public init(_ schedule: Schedule?, metadata: [String: String]) {
    switch (schedule, metadata[Self.generationKey]) {
    case (.program, _), (nil, nil): self = .programOrder
    case (_, "2"): self = .secondGeneration
    case (_, _): self = .firstGeneration
    }
  }
}

/// What the compiler is asked for.
public struct CompilerOptions: Hashable, Sendable {
  /// Whose order instructions have; `nil`: the compiler's for kernels of NKI scripts, else the author's.
  public var schedule: Schedule?
  /// Who makes descriptors that the program leaves to the host.
  public var descriptors = DescriptorMaker.prepared
  /// How tensors get addresses.
  public var allocation = AllocationPolicy.rotate
  /// Whether passes of loops may be merged: not with `skip_middle_end_transformations`.
  public var transformsLoops = true
  /// Whether tiles that SBUF has no room for go to HBM; otherwise they are an error.
  public var allowsSpills = true

  /// Whether tensors on chip that no instruction touches stay, so that all keep their numbers.
  public var keepsTensors = false

  /// Whether the program after each pass is kept, not only the last.
  public var keepsPrograms = false

  /// The defaults.
  public init() {}
}

/// What a user asks of the compiler, in the place of what a program's author or a script's launch says.
public struct CompilerChanges: Hashable, Sendable {
  /// Whose order instructions have.
  public var schedule: Schedule?
  /// Who makes descriptors.
  public var descriptors: DescriptorMaker?
  /// How tensors get addresses.
  public var allocation: AllocationPolicy?
  /// Whether passes of loops may be merged.
  public var transformsLoops: Bool?
  /// Whether tiles go to HBM.
  public var allowsSpills: Bool?

  /// Nothing.
  public init() {}

  /// The options with the changes.
  public func applied(to options: CompilerOptions) -> CompilerOptions {
    var changed = options
    if let schedule { changed.schedule = schedule }
    if let descriptors { changed.descriptors = descriptors }
    if let allocation { changed.allocation = allocation }
    if let transformsLoops { changed.transformsLoops = transformsLoops }
    if let allowsSpills { changed.allowsSpills = allowsSpills }
    return changed
  }
}
