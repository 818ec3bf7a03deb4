/// The five instruction queues of a NeuronCore.
public enum Engine: UInt8, CaseIterable, Hashable, Sendable {
  // Raw values are the wire format of binary programs: append only.
  case tensor = 0
  case vector = 1
  case scalar = 2
  case gpsimd = 3
  case sync = 4

  /// Lower-case name as in program texts and metric keys.
  public var name: String { String(describing: self) }

  /// The name that the profiler's timeline shows.
  public var displayName: String {
    switch self {
    case .tensor: "Tensor"
    case .vector: "Vector"
    case .scalar: "Scalar"
    case .gpsimd: "GpSimd"
    case .sync: "Sync"
    }
  }

  /// The engine with this name; the aliases `pe dve act pool sp` are accepted too.
  public init?(name: String) {
    switch name.lowercased() {
    case "tensor", "pe": self = .tensor
    case "vector", "dve": self = .vector
    case "scalar", "act", "activation": self = .scalar
    case "gpsimd", "pool": self = .gpsimd
    case "sync", "sp": self = .sync
    default: return nil
    }
  }
}

/// Who makes the descriptors of a DMA.
public enum DGEMode: UInt8, CaseIterable, Hashable, Sendable {
  // Raw values are the wire format of binary programs: append only.
  /// Prepared by the host and kept in HBM.
  case none = 0
  /// The hardware block that Sync and Scalar command.
  case hwdge = 1
  /// GpSimd software; the only mode for gathers and scatters.
  case swdge = 2

  /// Lower-case name as in NKI.
  public var name: String { String(describing: self) }
}
