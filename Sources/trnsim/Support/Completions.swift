import ArgumentParser
import FoundationEssentials
import Hardware
import Kernels
import Storage
import Sweeps
import Workloads

/// What a shell offers behind a word that is being typed.
enum Completions {
  /// Asks for words, and offers those that begin with what was typed.
  static func kind(
    _ words: @escaping @Sendable (_ typed: [String], _ prefix: String) -> [String]
  ) -> CompletionKind {
    .custom { typed, _, prefix in words(typed, prefix).filter { $0.hasPrefix(prefix) } }
  }

  /// Kernels and files that commands take.
  static func workloads(_ prefix: String) -> [String] {
    KernelCatalog.builtIn.names + files(prefix, [".trn", ".trn.zst", ".py"])
  }

  /// Traces.
  static func traces(_ prefix: String) -> [String] { files(prefix, [".pftrace.zst", ".pftrace"]) }

  /// Traces and pages.
  static func pages(_ prefix: String) -> [String] {
    files(prefix, [".pftrace.zst", ".pftrace", ".html"])
  }

  /// `name=` for each parameter of the kernel among the words.
  static func parameters(_ words: [String]) -> [String] {
    guard let kernel = words.lazy.compactMap({ KernelCatalog.builtIn[$0] }).first else { return [] }
    return kernel.parameters.map { "\($0.name)=" }
  }

  /// Built-in configurations and files.
  static func hardware(_ prefix: String) -> [String] {
    Hardware.builtinNames + files(prefix, [".yaml", ".yml"])
  }

  /// Paths of the values of the machine among the words, or of trn2.
  static func values(_ words: [String]) -> [String] {
    let given = words.firstIndex(of: "--hardware").flatMap { index in
      words.indices.contains(index + 1) ? try? Hardware.load(words[index + 1]) : nil
    }
    return (given ?? (try? Hardware.load("trn2")))?.paths ?? []
  }

  /// Names of what --scale takes besides values.
  static var parts: [String] { MachinePart.allCases.map(\.rawValue) + ["memory"] }

  /// What --vary takes.
  static func axes(_ words: [String]) -> [String] {
    parameters(words) + ["hardware=", "kernel="] + parts.map { "scale:\($0)=" }
      + values(words).map { "set:\($0)=" }
  }

  /// Files with one of the endings, and folders, that begin with what was typed.
  private static func files(_ prefix: String, _ endings: [String]) -> [String] {
    let slash = prefix.lastIndex(of: "/")
    let folder = slash.map { String(prefix[...$0]) } ?? ""
    let names = (try? fileNames(in: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { !$0.hasPrefix(".") }.compactMap { name in
      var isFolder = false
      let path = folder + name
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
      if isFolder { return path + "/" }
      return endings.contains(where: name.hasSuffix) ? path : nil
    }
  }
}
