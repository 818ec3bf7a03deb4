import Diagnostics

/// The kernels that there are by name, as those hand them in who know them.
///
/// A catalog is what it names: two with the same names are the same.
public struct KernelCatalog: Hashable, Sendable {
  private let types: [any Kernel.Type]

  /// No kernels: what is named is files.
  public static let none = KernelCatalog([])

  /// Makes a catalog; the order is that of lists.
  public init(_ types: [any Kernel.Type]) { self.types = types }

  /// All names.
  public var names: [String] { types.map { $0.name } }

  /// All kernels.
  public var all: [any Kernel.Type] { types }

  /// The kernel of this name.
  public subscript(name: String) -> (any Kernel.Type)? { types.first { $0.name == name } }

  /// The kernel of this name with these settings, each of the form `name=value`; the rest as declared.
  ///
  /// - Throws: `DiagnosticError` with everything that is wrong with the settings, or if there is no such kernel.
  public func make(_ name: String, _ settings: [String] = []) throws -> any Kernel {
    guard let type = self[name] else {
      throw DiagnosticError(
        "there is no kernel '\(name)'", remedy: remedyForUnknown(name, known: names),
        topic: .parameters)
    }
    return type.init(try KernelParameters(settings, for: type.parameters))
  }

  /// By what they name.
  public static func == (a: KernelCatalog, b: KernelCatalog) -> Bool { a.names == b.names }

  /// By what it names.
  public func hash(into hasher: inout Hasher) { hasher.combine(names) }
}
