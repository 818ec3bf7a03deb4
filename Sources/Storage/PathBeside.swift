#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The file that another file, such as a suite, names from its own folder on.
///
/// `suites/k.yaml` and `../traces/a.trn` give `traces/a.trn`: the path that a person would write, unless
/// the folder is a link to elsewhere.
package func pathBeside(_ file: String, _ path: String) -> String {
  guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
  var folder = String(file[..<slash])
  var rest = Substring(path)
  while rest.hasPrefix("../"), !folder.isEmpty {
    let start = folder.lastIndex(of: "/").map { folder.index(after: $0) } ?? folder.startIndex
    guard !["", ".", ".."].contains(folder[start...]), !isLink(folder) else { break }
    rest = rest.dropFirst(3)
    guard start > folder.startIndex else { return String(rest) }
    folder = String(folder[..<folder.index(before: start)])
  }
  return "\(folder)/\(rest)"
}

private func isLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}
