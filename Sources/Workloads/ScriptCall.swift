/// A call of a Python function that launches one NKI kernel, as `python -m trnsim.recordings` is asked for it.
public struct ScriptCall: Hashable, Sendable, Encodable {
  /// An array that it gets.
  public struct Input: Hashable, Sendable, Encodable {
    /// The parameter's name.
    public var name: String
    /// The element type's NKI name.
    public var dtype: String?
    /// The extents.
    public var shape: [Int]?
    /// A `.npy` file, in the place of both.
    public var file: String?

    /// Makes an input of a type and a shape.
    public init(name: String, dtype: String, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }

    /// Makes an input that is a file.
    public init(name: String, file: String) {
      self.name = name
      self.file = file
    }
  }

  /// The script's path.
  public var script: String
  /// What the script gets where it runs as a program.
  public var scriptArguments: [String] = []
  /// A function of it: a kernel, or one that calls a kernel; `nil` for the script's last kernel.
  public var function: String?
  /// The arrays it gets; `nil` for those of the last call in the script.
  public var inputs: [Input]?
  /// What else it gets, by name: Python literals; what is none is a text.
  public var arguments: [String: String]
  /// A built-in configuration's name or the path of a configuration file.
  public var hardware: String
  /// Seed of what the inputs hold; `nil` if nobody asks.
  public var seed: UInt64?

  /// Makes a call.
  public init(
    script: String, function: String?, inputs: [Input]?, arguments: [String: String],
    hardware: String
  ) {
    self.script = script
    self.function = function
    self.inputs = inputs
    self.arguments = arguments
    self.hardware = hardware
  }

  private enum CodingKeys: String, CodingKey {
    case function, inputs, arguments, hardware, seed
  }
}
