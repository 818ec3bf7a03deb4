import Diagnostics
import FoundationEssentials
import Glibc
import Programs
import Storage

/// The programs that a suite's baselines were made from: files of a directory beside the baseline, named by
/// their contents, so that several baselines may share it.
///
/// Before they were named so, they had the names of their entries; such ones are read, and get their new
/// name with the next update.
struct KeptPrograms {
  /// Where they are; it need not exist.
  let directory: String
  /// Where they may be as well: beside the suite, where the baseline is elsewhere.
  private let elsewhere: String

  /// The programs of a suite's baseline.
  init(of suite: SuiteFile, baseline path: String) {
    elsewhere = Baseline.programDirectory(of: suite)
    let name = elsewhere.split(separator: "/").last.map(String.init) ?? elsewhere
    directory = pathBeside(path, name)
  }

  private static let ending = ".trn.zst"

  /// The file of a program.
  func path(_ digest: String) -> String { "\(directory)/\(digest)\(KeptPrograms.ending)" }

  /// What is known of a program that a baseline names.
  enum Found {
    case program(Program)
    /// Why there is none, for a person.
    case nothing(String)
  }

  /// The program with a digest; `name` is the entry that has it, for files of before.
  func program(_ digest: String, of name: String) -> Found {
    var problem: String?
    for path in paths(digest, of: name) where FileManager.default.fileExists(atPath: path) {
      do throws(DiagnosticError) {
        let program = try ProgramFile.read(path)
        if EntryRun.digest(program) == digest { return .program(program) }
        problem = problem ?? "\(path) is not the program that the baseline names"
      } catch {
        problem = problem ?? "\(path) cannot be read"
      }
    }
    return .nothing(problem ?? "\(path(digest)), the program that the baseline names, is missing")
  }

  /// Where a program may be.
  func paths(_ digest: String, of name: String) -> [String] {
    var found: [String] = []
    for folder in [directory, elsewhere] {
      for file in [digest, Check.fileName(name)] {
        found.append("\(folder)/\(file)\(KeptPrograms.ending)")
      }
    }
    return found
  }

  // MARK: - Writing

  /// Makes the directory.
  func make() throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw DiagnosticError(
        "cannot make the directory '\(directory)'", remedy: "set 'programs: none' in the suite")
    }
  }

  /// Keeps a program; one that is kept stays as it is, also its source places.
  func keep(
    _ digest: String, of name: String, _ program: () throws -> Program?
  ) throws {
    let path = path(digest)
    if let kept = try? ProgramFile.read(path), EntryRun.digest(kept) == digest { return }
    guard let program = try program(), EntryRun.digest(program) == digest else {
      throw DiagnosticError(
        "the program of '\(name)' changed while the suite ran", remedy: "run the update again")
    }
    try ProgramFile.write(program, to: path)
  }

  /// Removes the programs that no baseline beside the directory names.
  ///
  /// - Parameter given: What was just written, and the digests that it needs.
  func prune(after given: (path: String, digests: Set<String>)) throws {
    guard FileManager.default.fileExists(atPath: directory) else { return }
    // What cannot be read may name any of them.
    guard let others = try? namedElsewhere(than: given.path) else { return }
    let named = others.union(given.digests)
    for file in try fileNames(in: directory) where file.hasSuffix(KeptPrograms.ending) {
      let stem = String(file.dropLast(KeptPrograms.ending.count))
      let path = "\(directory)/\(file)"
      if named.contains(stem) { continue }
      if !KeptPrograms.isDigest(stem), let program = try? ProgramFile.read(path) {
        let digest = EntryRun.digest(program)
        if named.contains(digest) {
          let isKept = FileManager.default.fileExists(atPath: self.path(digest))
          if !isKept { try ProgramFile.write(program, to: self.path(digest)) }
        }
      }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// The digests in the other baselines beside the directory, also in damaged ones, such as those with a
  /// merge's conflicts.
  private func namedElsewhere(than given: String) throws -> Set<String> {
    let folder = pathBeside(directory, ".")
    var own = stat()
    let isThere = stat(given, &own) == 0
    var found: Set<String> = []
    for name in try fileNames(in: folder) {
      let path = "\(folder)/\(name)"
      var facts = stat()
      guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
        !(isThere && facts.st_ino == own.st_ino && facts.st_dev == own.st_dev)
      else { continue }
      // Only a JSON object, or a conflict about its beginning: other files may be large.
      guard let first = try readFile(path, upTo: 1).first, [0x7B, 0x3C].contains(first) else {
        continue
      }
      found.formUnion(KeptPrograms.digests(in: try readFile(path)))
    }
    return found
  }

  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 16 && text.utf8.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  /// All texts in quotes that are digests.
  private static func digests(in bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    var start = 0
    while let quote = bytes[start...].firstIndex(of: 0x22) {
      start = quote + 1
      let word = bytes[start...].prefix(17)
      guard word.count == 17, word.last == 0x22, word.dropLast().allSatisfy(isDigit) else {
        continue
      }
      found.insert(String(decoding: word.dropLast(), as: UTF8.self))
    }
    return found
  }
}
