// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A room of the simulator.
///
/// `needs` are the only rooms it may import: the arrows point downwards.
func room(
  _ name: String, needs: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: needs, exclude: exclude, resources: resources, swiftSettings: strict)
}

func tests(
  _ name: String, needs: [Target.Dependency], resources: [Resource] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: needs, exclude: exclude, resources: resources,
    swiftSettings: strict)
}

let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")

let package = Package(
  name: "trnsim",
  products: [
    .executable(name: "trnsim", targets: ["trnsim"]),
    .library(
      name: "TrnSim", targets: ["Simulation", "Reports", "Workloads", "Programs", "Hardware"]),
    .library(name: "TrnSimKernels", targets: ["Kernels", "Models"]),
    .library(name: "trnsimcore", type: .dynamic, targets: ["CInterface"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    // L0
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .systemLibrary(
      name: "CYaml", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .target(name: "CMicrokernels"),
    room("Diagnostics"),
    // L1
    room("Host", needs: ["Diagnostics"]),
    room("Formats", needs: ["CMicrokernels", "Diagnostics"]),
    room("YAML", needs: ["CYaml"]),
    // A link to hwconfigs, so that the program needs no files.
    room("Hardware", needs: ["Diagnostics", "YAML"], resources: [.embedInCode("hwconfigs")]),
    // L2
    room("Storage", needs: ["CZstd", "Diagnostics", "Host"]),
    room("Machine", needs: ["CMicrokernels", "Diagnostics", "Formats", "Hardware", "Host"]),
    room("Device", needs: ["Diagnostics", "Formats"]),
    // L3
    room("ISA", needs: ["CMicrokernels", "Device", "Diagnostics", "Formats", "Machine"]),
    // L4
    room(
      "Programs",
      needs: ["Device", "Diagnostics", "Formats", "Host", "ISA", "Machine", "Storage"]),
    room("Timing", needs: ["Device", "Diagnostics", "Hardware"]),
    room(
      "Compiler",
      needs: [
        "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Machine", "Programs", "Timing",
        heap,
      ]),
    room("Captures", needs: ["Device", "Diagnostics", "Storage"]),
    room(
      "Workloads",
      needs: ["Device", "Diagnostics", "Formats", "Machine", "Programs", "Storage"]),
    // L5
    room(
      "Simulation",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "Host", "ISA", "Machine",
        "Programs", "Timing", "Workloads",
      ]),
    room(
      "Kernels",
      needs: ["Device", "Diagnostics", "Formats", "ISA", "Machine", "Programs", "Workloads"]),
    // L6
    room(
      "Reports",
      needs: [
        "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Machine", "Programs", "Simulation",
        "Storage", "Timing", "Workloads",
      ], resources: [.embedInCode("HTML/Assets")]),
    room(
      "Accuracy",
      needs: [
        "Captures", "Compiler", "Device", "Diagnostics", "Hardware", "Machine", "Programs",
        "Reports", "Simulation", "Storage", "Timing", "Workloads",
      ]),
    room(
      "Sweeps",
      needs: [
        "CSQLite", "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Machine",
        "Programs", "Reports", "Simulation", "Storage", "Timing", "Workloads", "YAML",
      ]),
    room(
      "Baselines",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "Machine", "Programs",
        "Reports", "Simulation", "Storage", "Sweeps", "Timing", "Workloads", "YAML",
      ]),
    room(
      "Models",
      needs: [
        "Baselines", "Device", "Formats", "Hardware", "ISA", "Kernels", "Machine", "Programs",
        "Reports", "Simulation", "Timing", "Workloads",
      ]),
    // L7
    room(
      "CInterface",
      needs: [
        "Baselines", "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "Host", "ISA",
        "Machine", "Programs", "Reports", "Simulation", "Sweeps", "Workloads",
      ], exclude: ["trnsim.h"]),
    room(
      "Dev",
      needs: [
        "Accuracy", "Baselines", "CInterface", "Captures", "Compiler", "Device", "Diagnostics",
        "Formats", "Hardware", "Host", "ISA", "Kernels", "Machine", "Programs", "Reports",
        "Simulation", "Storage", "Sweeps", "Timing", "Workloads",
      ]),
    .executableTarget(
      name: "trnsim",
      dependencies: [
        "Accuracy", "Baselines", "Captures", "Compiler", "Dev", "Device", "Diagnostics", "Formats",
        "Hardware", "Host", "ISA", "Kernels", "Machine", "Models", "Programs", "Reports",
        "Simulation", "Storage", "Sweeps", "Timing", "Workloads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // Links to docs/errors.md, which `trnsim explain` prints, and to the Python package's version, which stands nowhere else.
      resources: [.embedInCode("Pages"), .embedInCode("VERSION")], swiftSettings: strict),
    // Tests
    tests("TimingTests", needs: ["Device", "Hardware", "Timing"]),
    tests(
      "ReportsTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Kernels", "Machine",
        "Programs", "Reports", "Simulation", "Storage", "Timing", "Workloads",
      ], exclude: ["Goldens"]),
    tests(
      "AccuracyTests",
      needs: ["Accuracy", "Captures", "Device", "Hardware", "Kernels", "Timing", "Workloads"]),
    tests(
      "CapturesTests",
      needs: [
        "Accuracy", "Captures", "Device", "Diagnostics", "Hardware", "Programs", "Reports",
        "Storage", "Timing",
      ]),
    tests("HostTests", needs: ["Diagnostics", "Host"]),
    tests("HardwareTests", needs: ["Diagnostics", "Hardware", "YAML"]),
    tests(
      "FormatsTests", needs: ["CMicrokernels", "Formats", "Storage"],
      resources: [.copy("Data")]),
    tests(
      "KernelsTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Kernels", "Machine",
        "Programs", "Timing", "Workloads",
      ],
      resources: [.copy("Data")]),
    tests(
      "ISATests", needs: ["Device", "Formats", "Hardware", "ISA", "Machine", "Storage"],
      resources: [.copy("Data")]),
    tests("MachineTests", needs: ["Formats", "Machine"]),
    tests(
      "CompilerTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Kernels", "Machine",
        "Programs", "Simulation", "Workloads",
      ]),
    tests(
      "SimulationTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Kernels", "Machine",
        "Programs", "Reports", "Simulation", "Timing", "Workloads",
      ]),
    tests("CInterfaceTests", needs: ["CInterface", "Programs", "Dev"]),
    tests("CommandTests", needs: ["Storage", "trnsim"]),
    tests("StorageTests", needs: ["Diagnostics", "Storage"], resources: [.copy("Data")]),
    tests(
      "ProgramsTests",
      needs: [
        "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Machine", "Programs", "Storage",
      ]),
    tests(
      "ModelsTests",
      needs: [
        "Baselines", "Hardware", "Kernels", "Machine", "Models", "Reports", "Simulation", "Timing",
        "Workloads",
      ]),
    tests(
      "BaselinesTests",
      needs: [
        "Baselines", "Compiler", "Device", "Diagnostics", "Hardware", "ISA", "Kernels", "Programs",
        "Reports", "Simulation", "Sweeps", "Timing", "Workloads",
      ]),
    tests(
      "SweepsTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Formats", "Hardware", "ISA", "Kernels", "Machine",
        "Programs",
        "Reports", "Simulation", "Sweeps", "Timing", "Workloads",
      ]),
    tests(
      "TracesTests",
      needs: [
        "Compiler", "Device", "Diagnostics", "Hardware", "Kernels", "Machine", "Programs",
        "Reports",
        "Simulation", "Timing", "Workloads",
      ], exclude: ["Goldens"]),
    tests("YAMLTests", needs: ["YAML"]),
    tests("HouseTests", needs: ["Device", "Diagnostics", "ISA", "Kernels"]),
  ]
)
