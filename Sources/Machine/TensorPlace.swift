public import Formats

/// What access patterns need of a tensor, without its name and shape: a plain value that loops over
/// many instructions copy for nothing.
public struct TensorPlace: Hashable, Sendable {
  /// Memory that holds it.
  public let space: MemorySpace
  /// Element type.
  public let dtype: DType
  /// What it is to the caller.
  public let role: Tensor.Role
  /// First partition; 0 for HBM.
  public let partition: Int
  /// First byte within each partition; 0 for HBM.
  public let address: Int
  /// Partitions used on chip; extent of the first dimension.
  public let partitions: Int
  /// Elements of one partition.
  public let freeElements: Int
  /// Elements in all.
  public let elements: Int

  /// The place of a tensor; one that has another's memory also has its role.
  public init(_ tensor: Tensor, role given: Tensor.Role? = nil) {
    space = tensor.space
    dtype = tensor.dtype
    role = given ?? tensor.role
    partition = tensor.partition
    address = tensor.address
    partitions = tensor.partitions
    freeElements = tensor.freeElements
    elements = tensor.elements
  }
}
