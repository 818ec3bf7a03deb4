import Diagnostics
import Formats
import FoundationEssentials
import Kernels
import Machine
import Programs
import Storage
import Workloads

/// Reads `name=file.npy` settings for a program's inputs; all mistakes at once, with a note if values are rounded.
func readInputs(_ settings: [String], _ declared: [Tensor]) throws -> [KernelTensor] {
  var rounded: [String] = []
  let found = try readInputs(settings, declared, rounded: &rounded)
  noteRounded(rounded)
  return found
}

/// Says that inputs were rounded from float64.
func noteRounded(_ names: [String]) {
  if !names.isEmpty { note("note: \(NumpyArray.roundingNote(names))") }
}

/// Reads inputs; `rounded` gets the names of those that are rounded from float64.
func readInputs(
  _ settings: [String], _ declared: [Tensor], rounded: inout [String]
) throws -> [KernelTensor] {
  var findings: [Diagnostic] = []
  var tensors: [KernelTensor] = []
  for setting in settings {
    let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      findings.append(
        Diagnostic(.error, "'\(setting)' is not an input", remedy: "write name=file.npy"))
      continue
    }
    let name = String(parts[0])
    guard let tensor = declared.first(where: { $0.name == name }) else {
      findings.append(
        Diagnostic(
          .error, "there is no input '\(name)'",
          remedy: remedyForUnknown(name, known: declared.map(\.name))))
      continue
    }
    do {
      let (found, isRounded) = try readTensor(String(parts[1]), tensor)
      tensors.append(found)
      if isRounded && !rounded.contains(name) { rounded.append(name) }
    } catch let error as DiagnosticError {
      findings += error.diagnostics
    }
  }
  guard findings.isEmpty else { throw DiagnosticError(findings) }
  return tensors
}

private func readTensor(
  _ path: String, _ tensor: Tensor
) throws -> (tensor: KernelTensor, isRounded: Bool) {
  let file = try NumpyArray(parsing: readFile(path), path: path, name: "'\(tensor.name)'")
  let (array, isRounded) = try file.converted(
    toDTypeNamed: tensor.dtype.name, name: tensor.name, path: path)
  // A number without dimensions is a tensor of one element, as in the Python package.
  guard array.shape == tensor.shape || (array.shape.isEmpty && tensor.shape == [1]) else {
    throw DiagnosticError(
      "'\(tensor.name)' has shape \(tensor.shape), the file holds \(array.shape)",
      at: SourceLocation(file: path, line: 0), remedy: "save it in the shape that it has")
  }
  return (
    KernelTensor(
      name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, bytes: array.bytes), isRounded
  )
}

/// Makes a directory if it is missing.
func makeDirectory(_ directory: String) throws {
  do {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
  } catch {
    throw DiagnosticError(
      "cannot make the directory '\(directory)'", remedy: "choose another --output-dir")
  }
}

/// Writes tensors as `name.npy` into a directory, which is made if it is missing.
func writeOutputs(_ tensors: [KernelTensor], to directory: String) throws {
  // Names come from program files and must not lead out of the directory.
  let unusable = tensors.map(\.name).filter { $0.contains("/") || $0.contains("\0") || $0.isEmpty }
  guard unusable.isEmpty else {
    throw DiagnosticError(
      unusable.map {
        Diagnostic(.error, "output '\($0)' cannot be the name of a file", remedy: "rename it")
      })
  }
  try makeDirectory(directory)
  for tensor in tensors {
    guard let form = npyDescription(forDTypeNamed: tensor.dtype.name) else {
      throw DiagnosticError("\(tensor.dtype) has no .npy form")
    }
    let array = NumpyArray(descr: form.written, shape: tensor.shape, bytes: tensor.bytes)
    try writeAtomically(array.serialized(), to: "\(directory)/\(tensor.name).npy")
  }
}
