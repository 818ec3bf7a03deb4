import Diagnostics

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What bounds the memory of this process.
public struct MemoryLimit: Hashable, Sendable {
  /// Whose limit it is.
  public enum Origin: String, CaseIterable, Sendable {
    /// The host's memory.
    case host = "this host's memory"
    /// RLIMIT_AS.
    case addressSpace = "the limit of this process's address space (ulimit -v)"
    /// RLIMIT_DATA.
    case data = "the limit of this process's data (ulimit -d)"
    /// The control group's, of version 1 or 2: a container's, for example.
    case controlGroup = "the memory limit of this process's control group"
    /// The user's.
    case asked = "what --memory or TRNSIM_MEMORY allows"
  }

  /// Bytes.
  public var bytes: Int
  /// Whose limit it is.
  public var origin: Origin

  /// Makes a limit.
  public init(bytes: Int, origin: Origin) {
    self.bytes = bytes
    self.origin = origin
  }

  /// The least of what bounds this process.
  ///
  /// What was asked for stands in place of the host's memory and the control group's limit, which a process may go beyond; the
  /// limits of the process itself stay, since memory beyond them is refused.
  /// - Parameter root: Where the files of the system are; empty but for tests.
  static func least(asked: Int?, root: String = "") -> MemoryLimit {
    var limits: [MemoryLimit] = []
    if let asked {
      limits.append(MemoryLimit(bytes: asked, origin: .asked))
    } else {
      limits.append(MemoryLimit(bytes: hostBytes(), origin: .host))
      if let bytes = controlGroupBytes(root: root) {
        limits.append(MemoryLimit(bytes: bytes, origin: .controlGroup))
      }
    }
    let used = pages(root: root)
    if let bytes = processLimit(addressSpaceLimit) {
      limits.append(MemoryLimit(bytes: max(0, bytes - used.size), origin: .addressSpace))
    }
    if let bytes = processLimit(dataLimit) {
      limits.append(MemoryLimit(bytes: max(0, bytes - used.data), origin: .data))
    }
    return limits.min { $0.bytes < $1.bytes } ?? MemoryLimit(bytes: .max, origin: .host)
  }

  private static func hostBytes() -> Int {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(
      by: sysconf(Int32(_SC_PAGESIZE)))
    return bytes > 0 && !overflow ? bytes : .max
  }

  // MARK: - Limits of the process

  #if canImport(Glibc)
    private static let addressSpaceLimit = __rlimit_resource_t(RLIMIT_AS.rawValue)
    private static let dataLimit = __rlimit_resource_t(RLIMIT_DATA.rawValue)
    private typealias Resource = __rlimit_resource_t
  #else
    private static let addressSpaceLimit = RLIMIT_AS
    private static let dataLimit = RLIMIT_DATA
    private typealias Resource = Int32
  #endif

  private static func processLimit(_ resource: Resource) -> Int? {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, let bytes = Int(exactly: limit.rlim_cur),
      bytes < 1 << 62
    else { return nil }
    return bytes
  }

  /// Address space and data of this process, in bytes; 0 where the system does not tell.
  private static func pages(root: String) -> (size: Int, data: Int) {
    let fields = text("\(root)/proc/self/statm").split(separator: " ").map { Int($0) ?? 0 }
    guard fields.count >= 6 else { return (0, 0) }
    let page = sysconf(Int32(_SC_PAGESIZE))
    return (fields[0] * page, fields[5] * page)
  }

  // MARK: - Control groups

  /// The least limit of this process's control group and those above it; `nil` if there is none.
  ///
  /// In a container its own group is the root of what is seen.
  static func controlGroupBytes(root: String) -> Int? {
    var found: [Int] = []
    for line in text("\(root)/proc/self/cgroup").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[0] == "0" && parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let (folder, file) =
        isSecond
        ? ("/sys/fs/cgroup", "memory.max") : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      var steps = parts[2].split(separator: "/")
      while true {
        let path = (["\(root)\(folder)"] + steps.map(String.init) + [file]).joined(separator: "/")
        let word = text(path).prefix { $0.isASCII && $0.isNumber }
        // Version 1 says no limit by a number of nearly 2^63.
        if let bytes = Int(word), bytes < 1 << 60 { found.append(bytes) }
        guard steps.popLast() != nil else { break }
      }
    }
    return found.min()
  }

  /// A small file of the system; empty where it cannot be read.
  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

extension MemoryLimit: CustomStringConvertible {
  /// `8.0 GiB (this host's memory)`.
  public var description: String { "\(MemorySize(bytes)) (\(origin.rawValue))" }
}
