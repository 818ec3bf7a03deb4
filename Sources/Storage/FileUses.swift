package import Diagnostics

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The files that a run reads and writes: none of its outputs may be an input, or another output.
///
/// Files are compared by what their paths lead to, not by their spelling. Devices and pipes are never the
/// same.
package struct FileUses {
  /// A file, or one that does not exist yet below a directory that does.
  private struct Identity: Hashable {
    var device: UInt64
    var number: UInt64
    var missing: String
  }

  private struct Use {
    var path: String
    var what: String
    var identity: Identity
  }

  private var inputs: [Identity: Use] = [:]
  private var outputs: [Use] = []

  /// Nothing.
  package init() {}

  /// Notes a file that the run reads.
  ///
  /// - Parameters:
  ///   - path: The file; one that does not exist counts for nothing.
  ///   - what: What it is to the run, such as `a program that runs`.
  package mutating func reads(_ path: String, as what: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let identity = FileUses.identity(status)
    if inputs[identity] == nil {
      inputs[identity] = Use(path: path, what: what, identity: identity)
    }
  }

  /// Notes a file that an option has the run write; nothing without a path, or for `-`.
  package mutating func writes(_ path: String?, as option: String) {
    guard let path, path != "-", case .file(let place, let status)? = try? OutputPlace(path) else {
      return
    }
    let identity = status.map { FileUses.identity($0) } ?? FileUses.identity(ofMissing: place)
    outputs.append(Use(path: path, what: option, identity: identity))
  }

  /// Fails if an output is an input or another output.
  ///
  /// - Throws: A `DiagnosticError` with all such outputs.
  package func check() throws(DiagnosticError) {
    var findings: [Diagnostic] = []
    var before: [Identity: Use] = [:]
    for output in outputs {
      let place = SourceLocation(file: output.path, line: 0)
      if let input = inputs[output.identity] {
        let spelled = input.path == output.path ? "" : " ('\(input.path)')"
        findings.append(
          Diagnostic(
            .error, "is \(input.what)\(spelled), and \(output.what) would overwrite it", at: place,
            remedy: "give \(output.what) another file"))
      } else if let other = before.updateValue(output, forKey: output.identity) {
        let spelled = other.path == output.path ? "" : " ('\(other.path)')"
        findings.append(
          Diagnostic(
            .error,
            other.what == output.what
              ? "\(output.what) would write this file twice\(spelled)"
              : "\(other.what)\(spelled) and \(output.what) would both write this file", at: place,
            remedy: "give each a file of its own"))
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
  }

  private static func identity(_ status: stat) -> Identity {
    Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino), missing: "")
  }

  /// By the deepest directory that exists, and the path from there on.
  private static func identity(ofMissing path: String) -> Identity {
    var folder = Substring(path)
    var missing: [Substring] = []
    while true {
      let slash = folder.lastIndex(of: "/")
      let name = folder[(slash.map { folder.index(after: $0) } ?? folder.startIndex)...]
      if !name.isEmpty && name != "." { missing.insert(name, at: 0) }
      folder = slash.map { folder[..<$0] } ?? ""
      var status = stat()
      let isAbsolute = path.hasPrefix("/")
      let above = folder.isEmpty ? (isAbsolute ? "/" : ".") : String(folder)
      if stat(above, &status) == 0 || folder.isEmpty {
        var found = identity(status)
        found.missing = missing.joined(separator: "/")
        return found
      }
    }
  }
}
