// Made by Scripts/embed-hwconfigs from hwconfigs/*.yaml; edit those.
// swift-format-ignore-file

extension Hardware {
  /// The texts of the configurations that come with the program, by name.
  static let builtinTexts: [String: String] = [
    "trn1": #"""
# Trainium1 and Inferentia2 (NeuronCore-v2): published values, the rest as trn2.
# Each value: {value, unit, source}. `trnsim hardware explain PATH` says what a value means;
# a source that starts with `assumed` marks what no document and no measurement gives.
# After a change run Scripts/embed-hwconfigs, which puts the text into the program.
name: trn1
description: "Trainium1 and Inferentia2, one NeuronCore-v2"

core:
  generation: {value: 2, unit: count, source: "trn1/inf2 architecture guide: NeuronCore-v2"}

clocks:
  tensor: {value: 2.8, unit: GHz, source: "trn1/inf2 architecture guide, table of compute engines"}
  vector: {value: 1.12, unit: GHz, source: "trn1/inf2 architecture guide, table of compute engines"}
  scalar: {value: 1.4, unit: GHz, source: "trn1/inf2 architecture guide, table of compute engines"}
  gpsimd: {value: 1.4, unit: GHz, source: "trn1/inf2 architecture guide, table of compute engines"}
  sync: {value: 1.4, unit: GHz, source: "assumed: as ScalarE; trn1 documents name a 1.4 GHz base clock"}
  neuroncore: {value: 1.4, unit: GHz, source: "Neuron Explorer metrics schema"}
  dma: {value: 0.85, unit: GHz, source: "NKI DMA overview: 27.2 GB/s per ring for NeuronCore-v2 and v3"}

sbuf:
  partitions: {value: 128, unit: partitions, source: "trn1/inf2 architecture guide, SBUF"}
  bytes_per_partition: {value: 196608, unit: B, source: "trn1/inf2 architecture guide, SBUF: 24 MiB = 128 x 192 KiB"}
  usable_bytes_per_partition: {value: 180224, unit: B, source: "NKI direct allocation guide v2.26: 192 KiB - 16 KiB"}

psum:
  partitions: {value: 128, unit: partitions, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bytes_per_partition: {value: 16384, unit: B, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  banks: {value: 8, unit: count, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bank_bytes: {value: 2048, unit: B, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bank_conflict_factor: {value: 2, unit: ratio, source: "assumed: as trn2 (two engines on one bank share its port; the trn2 architecture guide only says that full bandwidth needs different banks)"}

access:
  start_partitions_up_to_32: {value: [0, 32, 64, 96], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_up_to_64: {value: [0, 64], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_above_64: {value: [0], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  max_free_dims: {value: 4, unit: count, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  max_free_elements_sbuf: {value: 65536, unit: elements, source: "trn1/inf2 architecture guide, Vector Engine"}
  max_free_elements_psum: {value: 4096, unit: elements, source: "trn1/inf2 architecture guide, Vector Engine"}
  stride_penalty_bytes: {value: 16, unit: B, source: "trn1/inf2 architecture guide, Performance Consideration"}
  stride_penalty_factor: {value: 2, unit: ratio, source: "trn1/inf2 architecture guide, Performance Consideration"}
  vector_scattered_write_cycles: {value: 2.26, unit: cycles/element, source: "assumed: as trn2"}
  scalar_scattered_write_cycles: {value: 5.11, unit: cycles/element, source: "assumed: as trn2"}
  vector_scattered_retire_cycles: {value: 2.1, unit: cycles/element, source: "assumed: as trn2"}
  scalar_scattered_retire_cycles: {value: 5.3, unit: cycles/element, source: "assumed: as trn2"}
  scattered_read_cycles: {value: 1, unit: cycles/element, source: "assumed: as trn2"}

tensor:
  rows: {value: 128, unit: count, source: "trn1/inf2 architecture guide, Tensor Engine"}
  columns: {value: 128, unit: count, source: "trn1/inf2 architecture guide, Tensor Engine"}
  moving_max: {value: 512, unit: columns, source: "NKI reference, nl.tile_size.gemm_moving_fmax"}
  stationary_max: {value: 128, unit: columns, source: "NKI reference, nl.tile_size.gemm_stationary_fmax"}
  minimum_tile: {value: 64, unit: count, source: "NKI ISA reference, nc_matmul tiling mode: 2 x 64 on NeuronCore-v2"}
  cycles_per_column:
    bf16: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine cost model"}
    fp16: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine: 92 TFLOPS as bf16"}
    fp8: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine: cFP8 as bf16"}
    tf32: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine: 92 TFLOPS as bf16"}
    fp32_pass: {value: 2, unit: cycles/column, source: "assumed: as trn2"}
    fp32_transpose: {value: 4, unit: cycles/column, source: "NKI ISA reference: no transpose mode on NeuronCore-v2, so 4x bf16 as an fp32 product"}
  fp32_passes: {value: 2, unit: count, source: "assumed: as trn2"}
  fp32_onezero_passes: {value: 1, unit: count, source: "assumed: as trn2"}
  double_row_factor: {value: 1, unit: ratio, source: "trn2 architecture guide, Double FP8 Matmul Performance: from NeuronCore-v3 on"}
  mx_factor: {value: 1, unit: ratio, source: "NKI ISA reference, nc_matmul_mx: from NeuronCore-v4 on"}
  issue_overhead_cycles:
    warm: {value: 6, unit: cycles, source: "assumed: as trn2"}
    cold: {value: 0, unit: cycles, source: "assumed: as trn2"}
  minimum_issue_cycles: {value: 64, unit: cycles, source: "trn1/inf2 architecture guide, Performance Consideration: max(N, 64)"}
  latency:
    warm: {value: 142.2, unit: ns, source: "NKI performance guide, figure 21: bf16 MATMUL of 128 columns in 188 ns"}
    cold: {value: 142.2, unit: ns, source: "assumed: as warm, trn1 has no throttle"}
  lead:
    warm: {value: 2.5, unit: ns, source: "assumed: not observed, 2.5 as trn2, the start stamp"}
    cold: {value: 46.7, unit: ns, source: "assumed: as trn2"}
  weights_to_stream: {value: 5, unit: ns, source: "assumed: as trn2"}
  ldweights:
    cycles:
      fast: {value: 32, unit: cycles, source: "trn1/inf2 architecture guide, Fast LoadStationary, up to 4x"}
      slow: {value: 128, unit: cycles, source: "assumed: as trn2"}
      fp32: {value: 256, unit: cycles, source: "assumed: as trn2"}
      fp32_transpose: {value: 128, unit: cycles, source: "assumed: as trn2"}
    stride_factor: {value: 2, unit: ratio, source: "assumed: as trn2"}
    latency:
      warm: {value: 67, unit: ns, source: "NKI performance guide, figure 20: LDWEIGHTS of one element"}
      cold: {value: 67, unit: ns, source: "assumed: as warm, trn1 has no throttle"}
    after_matmul_start: {value: 1.7, unit: ns, source: "assumed: as trn2"}

pe_clock:
  window_cycles: {value: 4096, unit: cycles, source: "assumed: as trn2"}
  phase: {value: 0, unit: ns, source: "assumed: as trn2 (the windows run free and their phase at the kernel's start is unknown)"}
  warm_up_busy: {value: 0.76, unit: ratio, source: "assumed: as trn2"}
  cool_down_busy: {value: 0.35, unit: ratio, source: "assumed: as trn2"}
  cold_factor: {value: 1, unit: ratio, source: "assumed: the documents describe throttling for trn2 and trn3 only"}

vector:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 2, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 2N, or N for contiguous bf16 or with an operand in PSUM"}
        sbuf_16bit: {value: 2, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 2N, or N for contiguous bf16 or with an operand in PSUM"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 2N, or N for contiguous bf16 or with an operand in PSUM"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 2N, or N for contiguous bf16 or with an operand in PSUM"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 2N, or N for contiguous bf16 or with an operand in PSUM"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "assumed: as trn2"}
        psum: {value: 68, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 231, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: 1000 fp32 in 2017 ns"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 129.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as trn2"}
        psum: {value: 216.7, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    scalar_tensor_tensor:
      cycles_per_element:
        sbuf: {value: 2, unit: cycles/element, source: "assumed: 2N, or N for bf16 (NKI ISA reference v2.26, estimated instruction cost) or with an operand in PSUM"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: 2N, or N for bf16 (NKI ISA reference v2.26, estimated instruction cost) or with an operand in PSUM"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: 2N, or N for bf16 (NKI ISA reference v2.26, estimated instruction cost) or with an operand in PSUM"}
        psum: {value: 1, unit: cycles/element, source: "assumed: 2N, or N for bf16 (NKI ISA reference v2.26, estimated instruction cost) or with an operand in PSUM"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: 2N, or N for bf16 (NKI ISA reference v2.26, estimated instruction cost) or with an operand in PSUM"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 129.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as trn2"}
        psum: {value: 216.7, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for bf16 add and max"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for bf16 add and max"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for bf16 add and max"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for bf16 add and max"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for bf16 add and max"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 152.1, unit: ns, source: "assumed: as trn2"}
        psum: {value: 157.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 116.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 116.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 216.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 225.1, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    reciprocal:
      cycles_per_element:
        sbuf: {value: 8, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 8N"}
        sbuf_16bit: {value: 8, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 8N"}
        sbuf_16bit_contiguous: {value: 8, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 8N"}
        psum: {value: 8, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 8N"}
        psum_16bit_contiguous: {value: 8, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: 8N"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 153.1, unit: ns, source: "assumed: as trn2"}
        psum: {value: 157.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    memset:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for zeros of 16 bits"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for zeros of 16 bits"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for zeros of 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for zeros of 16 bits"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N, N/2 for zeros of 16 bits"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 80, unit: ns, source: "assumed: as trn2"}
        psum: {value: 80, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    select:
      cycles_per_element:
        sbuf: {value: 2, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N with an operand in PSUM, else 2N"}
        sbuf_16bit: {value: 2, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N with an operand in PSUM, else 2N"}
        sbuf_16bit_contiguous: {value: 2, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N with an operand in PSUM, else 2N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N with an operand in PSUM, else 2N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N with an operand in PSUM, else 2N"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "assumed: as trn2"}
        psum: {value: 68, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 159.4, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    range_select: {value: none, source: "NKI ISA reference, range_select: needs NeuronCore-v3"}
    max8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    find_index8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    match_replace8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    shuffle:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    transpose32:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Vector Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    exponential: {value: none, source: "NKI ISA reference, exponential: needs NeuronCore-v4"}
    quantize_mx: {value: none, source: "NKI ISA reference, quantize_mx: needs NeuronCore-v4"}
    random:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as memset"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as memset"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as memset"}
        psum: {value: 50, unit: ns, source: "assumed: as memset"}
      latency:
        sbuf: {value: 80, unit: ns, source: "assumed: as memset"}
        psum: {value: 80, unit: ns, source: "assumed: as memset"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as memset"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as memset"}

scalar:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "assumed: as trn2"}
        psum: {value: 143, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 280, unit: ns, source: "assumed: as trn2"}
        psum: {value: 261, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    activation:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "assumed: as trn2"}
        psum: {value: 143, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 158.3, unit: ns, source: "NKI performance guide, figure 16: one element in 159 ns"}
        psum: {value: 158.3, unit: ns, source: "NKI performance guide, figure 16: one element in 159 ns"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    activation_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 239.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 196.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 333.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 314.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    table_load:
      cycles_per_element:
        sbuf: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
      issue_overhead:
        sbuf: {value: 1100, unit: ns, source: "assumed: 1540 cycles as trn2"}
        psum: {value: 1100, unit: ns, source: "assumed: 1540 cycles as trn2"}
      latency:
        sbuf: {value: 1100, unit: ns, source: "assumed: 1540 cycles as trn2"}
        psum: {value: 1100, unit: ns, source: "assumed: 1540 cycles as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "not applicable: a load follows in order"}
      minimum_cycles: {value: 0, unit: cycles, source: "not applicable: a load takes a fixed time"}
  table_sets: {value: {exponential: [exp], sigmoid: [sigmoid, silu, tanh], logarithm: [log, softplus, mish], root: [sqrt, rsqrt, reciprocal], gelu: [gelu, gelu_apprx_tanh, gelu_apprx_sigmoid, erf], trigonometric: [sin, arctan]}, unit: functions, source: "assumed: as trn2 (nothing is published about which functions share a table; related ones are put together)"}
  resident_functions: {value: [copy, square, relu, abs, sign], unit: functions, source: "assumed: as trn2 (functions without a table of coefficients are in every set)"}

gpsimd:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    memset:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    iota:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    affine_select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    partition_reduce:
      cycles_per_element:
        sbuf: {value: 7, unit: cycles/element, source: "assumed: as trn2 (log2(128) exchange steps per element; nothing is published)"}
      issue_overhead:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 107.1, unit: ns, source: "assumed: as iota, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}

semaphores:
  update:
    tensor: {value: 14.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 10.8, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 9.2, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 10.8, unit: ns, source: "assumed: as trn2"}
    sync: {value: 9.2, unit: ns, source: "assumed: as trn2"}
  wait_to_start:
    tensor: {value: 41.7, unit: ns, source: "assumed: as trn2"}
    vector: {value: 22.9, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 22.5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    sync: {value: 16.7, unit: ns, source: "assumed: as trn2"}
  event_wait_to_start:
    tensor: {value: 28.3, unit: ns, source: "assumed: as trn2"}
    vector: {value: 27.9, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 20.8, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    sync: {value: 16.7, unit: ns, source: "assumed: as trn2"}

sequencer:
  dispatch:
    tensor: {value: 4.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 13.5, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 7.5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 8.3, unit: ns, source: "assumed: as trn2"}
    sync: {value: 8.3, unit: ns, source: "assumed: as trn2"}
  queue_depth:
    tensor: {value: 33, unit: instructions, source: "assumed: as trn2"}
    vector: {value: 2, unit: instructions, source: "assumed: as trn2"}
    scalar: {value: 2, unit: instructions, source: "assumed: as trn2"}
    gpsimd: {value: 2, unit: instructions, source: "assumed: as trn2"}
    sync: {value: 2, unit: instructions, source: "assumed: as trn2"}
  event_semaphore:
    tensor: {value: 9.3, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    vector: {value: 12.5, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    scalar: {value: 10, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    gpsimd: {value: 10, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    sync: {value: 10, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
  nop:
    tensor: {value: 13.6, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    vector: {value: 21.4, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    scalar: {value: 20.7, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    gpsimd: {value: 13.6, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    sync: {value: 15.7, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
  gap:
    tensor: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 79.2, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 51.7, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 35.8, unit: ns, source: "assumed: as trn2"}
    sync: {value: 24.2, unit: ns, source: "assumed: as trn2"}
  wait_gap:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 0, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 15, unit: ns, source: "assumed: as trn2"}
    sync: {value: 11.6, unit: ns, source: "assumed: as trn2"}
  to_engine:
    tensor: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 79.2, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 12.5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 50.8, unit: ns, source: "assumed: as trn2"}
    sync: {value: 24.2, unit: ns, source: "assumed: as trn2"}
  unaccustomed:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 6.2, unit: ns, source: "assumed: as trn2"}
    sync: {value: 4, unit: ns, source: "assumed: as trn2"}
  unaccustomed_event:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 14.2, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 15.8, unit: ns, source: "assumed: as trn2"}
    sync: {value: 20, unit: ns, source: "assumed: as trn2"}
  accustomed_after: {value: 2, unit: instructions, source: "assumed: as trn2"}
  forgotten_after: {value: 2, unit: instructions, source: "assumed: as trn2"}
  event_forgotten_after: {value: 8, unit: instructions, source: "assumed: as trn2"}
  fetch:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 0, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 0, unit: ns, source: "assumed: as trn2"}
    sync: {value: 3.3, unit: ns, source: "assumed: as trn2"}
  fetch_instructions: {value: 4, unit: instructions, source: "assumed: as trn2"}
  second_after_control: {value: 30.8, unit: ns, source: "assumed: as trn2"}

dma:
  rings: {value: 16, unit: count, source: "trn1/inf2 architecture guide: 32 for 2 cores"}
  queues: {value: 16, unit: count, source: "NKI DMA overview, DMA Queues"}
  bytes_per_cycle: {value: 32, unit: B/cycle, source: "NKI DMA overview: 27.2 GB/s per ring for NeuronCore-v2 and v3"}
  descriptor_cycles: {value: 4, unit: cycles, source: "assumed: as trn2"}
  element_read_cycles: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
  element_write: {value: 95, unit: ns/element, source: "assumed: as trn2"}
  element_write_16bit: {value: 107, unit: ns/element, source: "assumed: as trn2"}
  hbm_write_block_bytes: {value: 512, unit: B, source: "assumed: as trn2"}
  hbm_write_block_cycles: {value: 16, unit: cycles, source: "assumed: as trn2"}
  hbm_write_descriptor_cycles: {value: 4, unit: cycles, source: "assumed: as trn2"}
  write_acknowledge: {value: 250, unit: ns, source: "assumed: as trn2"}
  semaphore_visible: {value: 350, unit: ns, source: "assumed: as trn2"}
  new_read_stall: {value: 450, unit: ns, source: "assumed: as trn2"}
  ring_offset: {value: 11, unit: ns, source: "assumed: as trn2"}
  packet_bytes: {value: 4096, unit: B, source: "assumed: as trn2"}
  max_descriptor_bytes: {value: 65536, unit: B, source: "assumed: as trn2 (the 64 KiB packets of collectives; the longest observed has 32,004 B)"}
  throughput:
    hbm_transpose: {value: 0.9, unit: ratio, source: "assumed: as trn2"}
    sbuf_transpose: {value: 0.5, unit: ratio, source: "assumed: as trn2"}
    compute: {value: 0.5, unit: ratio, source: "trn3 architecture guide, DMA: about 50 % before NeuronCore-v4"}
  static:
    trigger:
      tensor: {value: 67.9, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
      vector: {value: 57.1, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
      scalar: {value: 47.1, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
      gpsimd: {value: 60, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
      sync: {value: 50, unit: ns, source: "measured, trn1 captures of CS149 asst4 kernels: median"}
    trigger_scratch:
      tensor: {value: 67.9, unit: ns, source: "assumed: as trn2"}
      vector: {value: 57.1, unit: ns, source: "assumed: as trn2"}
      scalar: {value: 47.1, unit: ns, source: "assumed: as trn2"}
      gpsimd: {value: 60, unit: ns, source: "assumed: as trn2"}
      sync: {value: 50, unit: ns, source: "assumed: as trn2"}
    trigger_initial:
      tensor: {value: 32.5, unit: ns, source: "assumed: as trn2"}
      vector: {value: 32.5, unit: ns, source: "assumed: as trn2"}
      scalar: {value: 29.2, unit: ns, source: "assumed: as trn2"}
      gpsimd: {value: 37.5, unit: ns, source: "assumed: as trn2"}
      sync: {value: 32.5, unit: ns, source: "assumed: as trn2"}
    trigger_second:
      tensor: {value: 5, unit: ns, source: "assumed: as trn2"}
      vector: {value: 5, unit: ns, source: "assumed: as trn2"}
      scalar: {value: 5, unit: ns, source: "assumed: as trn2"}
      gpsimd: {value: 11.7, unit: ns, source: "assumed: as trn2"}
      sync: {value: 3.3, unit: ns, source: "assumed: as trn2"}
    first_descriptor: {value: 890, unit: ns, source: "assumed: as trn2"}
    first_descriptor_initial: {value: 1425, unit: ns, source: "assumed: as trn2"}
  hwdge: {value: none, source: "NKI ISA reference, dma_copy: hardware DGE needs NeuronCore-v3"}
  swdge:
    trigger: {value: 31.7, unit: ns, source: "assumed: as trn2"}
    trigger_queued: {value: 20, unit: ns, source: "assumed: as trn2"}
    interval: {value: 580, unit: ns, source: "assumed: as trn2"}
    first_descriptor: {value: 770, unit: ns, source: "assumed: as trn2"}
    wait_to_start: {value: 1182, unit: ns, source: "assumed: as trn2"}

hbm:
  bandwidth_per_stack: {value: 410, unit: GB/s, source: "NKI performance guide, figure 27: 130.46 GB/s = 31.82 %; trn1/inf2 architecture guide: 820 GB/s for 2 cores"}
  read_bandwidth_per_core: {value: 410, unit: GB/s, source: "Neuron profiler: 410 GB/s per core (performance guide, figure 27), assumed to be reachable"}
  bytes_per_stack: {value: 17179869184, unit: B, source: "trn1/inf2 architecture guide: 32 GiB, split by core as its bandwidth"}
  stacks: {value: 2, unit: count, source: "trn1/inf2 architecture guide"}
  cores_per_stack: {value: 1, unit: count, source: "assumed: each core has its half of the bandwidth"}
  active_cores: {value: 1, unit: count, source: "assumed: follows from cores_per_stack"}

exchange:
  barrier: {value: 85, unit: ns, source: "assumed: as trn2, two semaphore hops of 42 ns (measured 23 to 42 ns, trn2.3xlarge captures, NTFF decode)"}
  pair_latency: {value: 1307, unit: ns, source: "assumed: as trn2"}
  pair_bandwidth: {value: 272, unit: GB/s, source: "DMA overview table: 16 rings of 17 GB/s; assumed to be reached between two cores"}
  gpsimd_bandwidth: {value: 153, unit: GB/s, source: "assumed: as trn2"}
  collective_latency: {value: 2500, unit: ns, source: "assumed: as trn2"}
  collective_step: {value: 1500, unit: ns, source: "assumed: as trn2"}
  collective_bandwidth: {value: 48, unit: GB/s, source: "assumed: NeuronLink 384 GB/s of a chip (trn1 hardware page), shared evenly by its cores and links"}

flops:
  operations_per_mac: {value: 2, unit: count, source: "Neuron Explorer metrics schema"}
  multiplier:
    bf16: {value: 1, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp32: {value: 4, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp8: {value: 1, unit: ratio, source: "Neuron Explorer metrics schema"}
    uint8: {value: 0.5, unit: ratio, source: "assumed: as trn2"}
    mx: {value: 0.25, unit: ratio, source: "assumed: as trn2"}

dtypes:
  storage: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2, int8, int16, int32, uint8, uint16, uint32, bool], unit: types, source: "NKI reference, Supported Data Types; Neuron data types: cFP8"}
  matmul: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2], unit: types, source: "trn1/inf2 architecture guide, Tensor Engine"}

limits:
  bn_stats_elements: {value: 512, unit: elements, source: "NKI reference, nl.tile_size.bn_stats_fmax"}
  max8_min_elements: {value: 8, unit: elements, source: "NKI ISA reference, max8"}
  max8_max_elements: {value: 16384, unit: elements, source: "NKI ISA reference, max8"}
  dma_compute_sources: {value: 16, unit: count, source: "assumed: as trn2"}
  registers: {value: 64, unit: count, source: "NKI ISA reference, register_alloc"}

launch:
  profiler_overhead: {value: 15350, unit: ns, source: "assumed: as trn2"}
  benchmark_overhead: {value: 8000, unit: ns, source: "assumed: as trn2"}
  release:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 156, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 105, unit: ns, source: "assumed: as trn2"}
    sync: {value: 0, unit: ns, source: "assumed: as trn2"}

"""#,
    "trn2": #"""
# Trainium2 (NeuronCore-v3).
# Each value: {value, unit, source}. `trnsim hardware explain PATH` says what a value means;
# a source that starts with `assumed` marks what no document and no measurement gives.
# After a change run Scripts/embed-hwconfigs, which puts the text into the program.
#
# Documents: AWS Neuron SDK 2.32 unless a source names another version. Captures: profiles of real
# trn2.3xlarge machines that Stanford CS149 (fall 2025) students and others published.
name: trn2
description: "Trainium2, one physical NeuronCore-v3"

core:
  generation: {value: 3, unit: count, source: "trn2 architecture guide: NeuronCore-v3"}

clocks:
  tensor: {value: 2.4, unit: GHz, source: "trn2 architecture guide, table of compute engine updates"}
  vector: {value: 0.96, unit: GHz, source: "trn2 architecture guide, table of compute engine updates"}
  scalar: {value: 1.2, unit: GHz, source: "trn2 architecture guide, table of compute engine updates"}
  gpsimd: {value: 1.2, unit: GHz, source: "trn2 architecture guide, table of compute engine updates"}
  sync: {value: 1.2, unit: GHz, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): time stamps step by 0.833 ns"}
  neuroncore: {value: 1.2, unit: GHz, source: "Neuron Explorer documentation, device-profile-10: 2,463,353 cycles in 2.05 ms"}
  dma: {value: 0.85, unit: GHz, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): ring time stamps step by 1.1765 ns; 32 B of it is the documented 27.2 GB/s"}

sbuf:
  partitions: {value: 128, unit: partitions, source: "trn2 architecture guide, SBUF"}
  bytes_per_partition: {value: 229376, unit: B, source: "trn2 architecture guide, SBUF: 28 MiB = 128 x 224 KiB"}
  usable_bytes_per_partition: {value: 212728, unit: B, source: "nki-library, mlp_cte kernel: 224 KiB - 16384 - 8 - 256"}

psum:
  partitions: {value: 128, unit: partitions, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bytes_per_partition: {value: 16384, unit: B, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  banks: {value: 8, unit: count, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bank_bytes: {value: 2048, unit: B, source: "trn1/inf2 architecture guide, Near-memory accumulation in PSUM"}
  bank_conflict_factor: {value: 2, unit: ratio, source: "assumed: two engines on one bank share its port; the trn2 architecture guide only says that full bandwidth needs different banks"}

access:
  start_partitions_up_to_32: {value: [0, 32, 64, 96], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_up_to_64: {value: [0, 64], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_above_64: {value: [0], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  max_free_dims: {value: 4, unit: count, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  max_free_elements_sbuf: {value: 65536, unit: elements, source: "trn1/inf2 architecture guide, Vector Engine"}
  max_free_elements_psum: {value: 4096, unit: elements, source: "trn1/inf2 architecture guide, Vector Engine"}
  stride_penalty_bytes: {value: 16, unit: B, source: "trn1/inf2 architecture guide, Performance Consideration: half bandwidth above 16 B"}
  stride_penalty_factor: {value: 2, unit: ratio, source: "trn1/inf2 architecture guide, Performance Consideration; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): VectorE and ScalarE fp32 copies with a 36 B stride"}
  vector_scattered_write_cycles: {value: 2.26, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 128 fp16 with an 18 B stride in 449 ns, less the latency"}
  scalar_scattered_write_cycles: {value: 5.11, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 128 fp16 with an 18 B stride in 748 ns, less the latency"}
  vector_scattered_retire_cycles: {value: 2.1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): ends of copies that overlap are 277 to 284 ns apart, 128 fp16 with an 18 B stride"}
  scalar_scattered_retire_cycles: {value: 5.3, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): ends of copies that overlap are 563 to 570 ns apart, 128 fp16 with an 18 B stride"}
  scattered_read_cycles: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): VectorE takes the next of such copies after 172 to 183 ns, 128 fp16"}

tensor:
  rows: {value: 128, unit: count, source: "trn2 architecture guide, Tensor Engine"}
  columns: {value: 128, unit: count, source: "trn2 architecture guide, Tensor Engine"}
  moving_max: {value: 512, unit: columns, source: "NKI reference, nl.tile_size.gemm_moving_fmax"}
  stationary_max: {value: 128, unit: columns, source: "NKI reference, nl.tile_size.gemm_stationary_fmax"}
  minimum_tile: {value: 32, unit: count, source: "NKI ISA reference, nc_matmul tiling mode: 4 x 32 on NeuronCore-v3"}
  cycles_per_column:
    bf16: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine cost model"}
    fp16: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine cost model; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    fp8: {value: 1, unit: cycles/column, source: "trn1/inf2 architecture guide, Tensor Engine cost model; double_row doubles the rows instead"}
    tf32: {value: 1, unit: cycles/column, source: "trn2 architecture guide, Tensor Engine: 79 TFLOPS as bf16"}
    fp32_pass: {value: 2, unit: cycles/column, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 846 cycles for 420 columns"}
    fp32_transpose: {value: 2, unit: cycles/column, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 262 cycles for 128 columns; trn2 architecture guide, Built-in Transpose Support"}
  fp32_passes: {value: 2, unit: count, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): LOW and HIGH passes; kernel-optimization tutorial: 65,536 MATMULs for 32,768 nc_matmul"}
  fp32_onezero_passes: {value: 1, unit: count, source: "NKI ISA reference, nc_matmul is_stationary_onezero: up to 2x"}
  double_row_factor: {value: 2, unit: ratio, source: "trn2 architecture guide, Double FP8 Matmul Performance"}
  mx_factor: {value: 1, unit: ratio, source: "NKI ISA reference, nc_matmul_mx: from NeuronCore-v4 on"}
  issue_overhead_cycles:
    warm: {value: 6, unit: cycles, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 134 cycles for 128 columns, 426 for 420"}
    cold: {value: 0, unit: cycles, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
  minimum_issue_cycles: {value: 64, unit: cycles, source: "trn1/inf2 architecture guide, Performance Consideration: max(N, 64)"}
  latency:
    warm: {value: 163.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): from the first column; 165.8 from the start stamp, which leads by 2.5"}
    cold: {value: 158.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 155 to 160 from the first column"}
  lead:
    warm: {value: 2.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): MATMUL durations of 272.5 after another and of 275 after its weights"}
    cold: {value: 46.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): cold MATMULs and LDWEIGHTS behind others last 45.8 to 49.2 ns longer than the first"}
  weights_to_stream: {value: 5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 5.0 to 6.7 between loaded weights and the first column, warm"}
  ldweights:
    cycles:
      fast: {value: 32, unit: cycles, source: "trn1/inf2 architecture guide, Fast LoadStationary, up to 4x; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      slow: {value: 128, unit: cycles, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): fp16 with an 18 B stride"}
      fp32: {value: 256, unit: cycles, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): two passes"}
      fp32_transpose: {value: 128, unit: cycles, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    stride_factor: {value: 2.15, unit: ratio, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): fp32 weights with a 36 B stride in 312 to 317 ns"}
    latency:
      warm: {value: 83.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 82.5 to 84.2"}
      cold: {value: 75.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 73 to 78.3"}
    after_matmul_start: {value: 1.7, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}

pe_clock:
  window_cycles: {value: 4096, unit: cycles, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): release edges are multiples of 3.413 us apart"}
  phase: {value: 0, unit: ns, source: "assumed: the windows run free and their phase at the kernel's start is unknown"}
  warm_up_busy: {value: 0.76, unit: ratio, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): about 76 % busy or more"}
  cool_down_busy: {value: 0.35, unit: ratio, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 33 % cools, 38 % does not"}
  cold_factor: {value: 2, unit: ratio, source: "Neuron Explorer documentation, Understanding throttling: 50 %; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}

vector:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "kernel-optimization tutorial figure: fp32 copies of 512 in 424 to 433 ns"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 4x"}
        psum: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): PSUM sources stream 1 element per cycle"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum: {value: 50, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      latency:
        sbuf: {value: 150, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export), CAST; strided copies 147.9"}
        psum: {value: 158.4, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    cast:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): fp32 to bf16, 128 in 216.7 ns"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 4x"}
        psum: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): PSUM sources stream 1 element per cycle"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 150, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        psum: {value: 158.3, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 1000 and 2000 fp32 elements"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x if both inputs are in SBUF and all is 16-bit"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x, no 4x for tensor_tensor"}
        psum: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum: {value: 68, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      latency:
        sbuf: {value: 159.4, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum: {value: 158.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "assumed: as tensor_scalar_pointer"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 4x"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as tensor_scalar_pointer"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as copy"}
        psum: {value: 158.4, unit: ns, source: "assumed: as copy"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 512 fp32 in 481 ns"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 4x"}
        psum: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 128 fp32 in 350 ns"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn2 architecture guide, Vector Engine Performance Mode: 2x"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): start interval 396 ns for 512"}
        psum: {value: 129.3, unit: ns, source: "assumed: as in SBUF"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        psum: {value: 216.7, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    scalar_tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N for bf16 and 2N else"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N for bf16 and 2N else"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N for bf16 and 2N else"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N for bf16 and 2N else"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N for bf16 and 2N else"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as tensor_scalar_pointer"}
        psum: {value: 129.3, unit: ns, source: "assumed: as tensor_scalar_pointer"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as tensor_scalar_pointer"}
        psum: {value: 216.7, unit: ns, source: "assumed: as tensor_scalar_pointer"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): fp16 max of 444 in 615.6 ns"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): fp16 max of 444 in 615.6 ns"}
        psum: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as in SBUF"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): start interval 603 ns for 512"}
        psum: {value: 69.7, unit: ns, source: "assumed: as in SBUF"}
      latency:
        sbuf: {value: 152.1, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        psum: {value: 157.3, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_scalar_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as tensor_reduce"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as tensor_reduce"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_reduce"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as tensor_reduce"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_reduce"}
      issue_overhead:
        sbuf: {value: 116.7, unit: ns, source: "assumed: as copy, plus the 64 cycles of the v2.26 reference"}
        psum: {value: 116.7, unit: ns, source: "assumed: as copy, plus the 64 cycles of the v2.26 reference"}
      latency:
        sbuf: {value: 216.7, unit: ns, source: "assumed: as copy, plus the 64 cycles of the v2.26 reference"}
        psum: {value: 225.1, unit: ns, source: "assumed: as copy, plus the 64 cycles of the v2.26 reference"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    reciprocal:
      cycles_per_element:
        sbuf: {value: 6, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 178 ns for 4, 202 for 8; the NKI reference says 8"}
        sbuf_16bit: {value: 6, unit: cycles/element, source: "assumed: as fp32 in SBUF"}
        sbuf_16bit_contiguous: {value: 6, unit: cycles/element, source: "assumed: as fp32 in SBUF"}
        psum: {value: 6, unit: cycles/element, source: "assumed: as fp32 in SBUF"}
        psum_16bit_contiguous: {value: 6, unit: cycles/element, source: "assumed: as fp32 in SBUF"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
        psum: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
      latency:
        sbuf: {value: 153.1, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
        psum: {value: 157.3, unit: ns, source: "assumed: as tensor_reduce"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    memset:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "kernel-optimization tutorial figure: fp32 memsets and copies of 512 in 424 to 433 ns"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N/2 for zeros of 16 bits"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N/2 for zeros of 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as copy"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as copy"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 80, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 70 to 92 ns for small tiles"}
        psum: {value: 80, unit: ns, source: "assumed: as in SBUF"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N with an operand in PSUM, else 2N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N with an operand in PSUM, else 2N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N with an operand in PSUM, else 2N"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N with an operand in PSUM, else 2N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as tensor_tensor in fp32; the reference of v2.26 says N with an operand in PSUM, else 2N"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "assumed: as tensor_tensor"}
        psum: {value: 68, unit: ns, source: "assumed: as tensor_tensor"}
      latency:
        sbuf: {value: 159.4, unit: ns, source: "assumed: as tensor_tensor"}
        psum: {value: 158.3, unit: ns, source: "assumed: as tensor_tensor"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    range_select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as tensor_scalar_pointer"}
        psum: {value: 129.3, unit: ns, source: "assumed: as tensor_scalar_pointer"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as tensor_scalar_pointer"}
        psum: {value: 216.7, unit: ns, source: "assumed: as tensor_scalar_pointer"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    max8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
        psum: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
      latency:
        sbuf: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
        psum: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    find_index8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
        psum: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
      latency:
        sbuf: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
        psum: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    match_replace8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: N; the reference of v2.26 prints min(64, N)"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: N; the reference of v2.26 prints min(64, N)"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: N; the reference of v2.26 prints min(64, N)"}
        psum: {value: 1, unit: cycles/element, source: "assumed: N; the reference of v2.26 prints min(64, N)"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: N; the reference of v2.26 prints min(64, N)"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
        psum: {value: 69.7, unit: ns, source: "assumed: as tensor_reduce"}
      latency:
        sbuf: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
        psum: {value: 150, unit: ns, source: "nki-library, topk planning constants: 144 cycles per instruction"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    shuffle:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as copy"}
        psum: {value: 158.4, unit: ns, source: "assumed: as copy"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    transpose32:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, estimated instruction cost: N"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as copy"}
        psum: {value: 158.4, unit: ns, source: "assumed: as copy"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    exponential: {value: none, source: "NKI ISA reference, exponential: needs NeuronCore-v4"}
    quantize_mx: {value: none, source: "NKI ISA reference, quantize_mx: needs NeuronCore-v4"}
    random:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as memset"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as memset"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as memset"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as memset"}
        psum: {value: 50, unit: ns, source: "assumed: as memset"}
      latency:
        sbuf: {value: 80, unit: ns, source: "assumed: as memset"}
        psum: {value: 80, unit: ns, source: "assumed: as memset"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as memset"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as memset"}

scalar:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as in PSUM"}
        psum: {value: 50, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): fp32 with a 36 B stride, 2 cycles per element; contiguous not observed"}
        psum: {value: 158.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
      retire_overhead: {value: 62.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as copy"}
        psum: {value: 158.3, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as copy"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "assumed: as copy"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as copy"}
        psum: {value: 158.3, unit: ns, source: "assumed: as copy"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as copy"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "assumed: as activation"}
        psum: {value: 143, unit: ns, source: "assumed: as activation"}
      latency:
        sbuf: {value: 280, unit: ns, source: "assumed: as activation"}
        psum: {value: 261, unit: ns, source: "assumed: as activation"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    activation:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; all functions cost the same"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; all functions cost the same"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; all functions cost the same"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; all functions cost the same"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle; all functions cost the same"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): start interval 612 ns for 512"}
        psum: {value: 143, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): start interval 570 ns for 512"}
      latency:
        sbuf: {value: 280, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): exp with a bias tile, 706 ns for 512"}
        psum: {value: 261, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): exp with a bias tile, 688 ns for 512"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    activation_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "trn1/inf2 architecture guide, Scalar Engine: 1 element per lane and cycle"}
      issue_overhead:
        sbuf: {value: 239.3, unit: ns, source: "assumed: as activation, plus the 64 cycles of the v2.26 reference"}
        psum: {value: 196.3, unit: ns, source: "assumed: as activation, plus the 64 cycles of the v2.26 reference"}
      latency:
        sbuf: {value: 333.3, unit: ns, source: "assumed: as activation, plus the 64 cycles of the v2.26 reference"}
        psum: {value: 314.3, unit: ns, source: "assumed: as activation, plus the 64 cycles of the v2.26 reference"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "NKI ISA reference v2.26, estimated instruction cost: max(64, N)"}
    table_load:
      cycles_per_element:
        sbuf: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
      issue_overhead:
        sbuf: {value: 1283.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 1540 cycles, in every capture"}
        psum: {value: 1283.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 1540 cycles, in every capture"}
      latency:
        sbuf: {value: 1283.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 1540 cycles, in every capture"}
        psum: {value: 1283.3, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 1540 cycles, in every capture"}
      retire_overhead: {value: 0, unit: ns, source: "not applicable: a load follows in order"}
      minimum_cycles: {value: 0, unit: cycles, source: "not applicable: a load takes a fixed time"}
  table_sets: {value: {exponential: [exp], sigmoid: [sigmoid, silu, tanh], logarithm: [log, softplus, mish], root: [sqrt, rsqrt, reciprocal], gelu: [gelu, gelu_apprx_tanh, gelu_apprx_sigmoid, erf], trigonometric: [sin, arctan]}, unit: functions, source: "assumed: nothing is published about which functions share a table; related ones are put together"}
  resident_functions: {value: [copy, square, relu, abs, sign], unit: functions, source: "assumed: functions without a table of coefficients are in every set"}

gpsimd:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: 128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine)"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: 128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine)"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: 128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine)"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "NKI engine selection guide: rsqrt 4x slower than on ScalarE"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "NKI engine selection guide: rsqrt 4x slower than on ScalarE"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    memset:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: 128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine)"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    iota:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as issue_overhead, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    affine_select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as issue_overhead, NKI ISA reference v2.26, iota and affine_select: 150 + N cycles"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}
    partition_reduce:
      cycles_per_element:
        sbuf: {value: 7, unit: cycles/element, source: "assumed: log2(128) exchange steps per element; nothing is published"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: 150 cycles as iota and affine_select"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: ends keep the distance of the starts; only ScalarE copies were seen to spread"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other engines"}

semaphores:
  update:
    tensor: {value: 14.2, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    vector: {value: 10.8, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 10.4 to 12.7"}
    scalar: {value: 9.2, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    gpsimd: {value: 10.8, unit: ns, source: "assumed: as VectorE"}
    sync: {value: 9.2, unit: ns, source: "assumed: as ScalarE"}
  wait_to_start:
    tensor: {value: 41.7, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    vector: {value: 22.9, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 22.5 to 23.3"}
    scalar: {value: 22.5, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    gpsimd: {value: 24.2, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
    sync: {value: 16.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
  event_wait_to_start:
    tensor: {value: 28.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    vector: {value: 27.9, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    scalar: {value: 20.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    gpsimd: {value: 24.2, unit: ns, source: "assumed: as wait_to_start"}
    sync: {value: 16.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}

sequencer:
  dispatch:
    tensor: {value: 4.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): a MATMUL begins 4.2 ns after an LDWEIGHTS that a semaphore held back"}
    vector: {value: 13.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE after TENSOR_TENSOR"}
    scalar: {value: 7.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE and WRITE after COPY"}
    gpsimd: {value: 8.3, unit: ns, source: "assumed: 10 cycles, between ScalarE and VectorE"}
    sync: {value: 8.3, unit: ns, source: "assumed: Sync has no engine behind its sequencer"}
  queue_depth:
    tensor: {value: 33, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): an EVENT_SEMAPHORE ran ahead of at most 33 waiting LDWEIGHTS and MATMULs"}
    vector: {value: 2, unit: instructions, source: "assumed: as ScalarE"}
    scalar: {value: 2, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): sequencer-only instructions ran ahead of at most 2 waiting COPYs"}
    gpsimd: {value: 2, unit: instructions, source: "assumed: as ScalarE"}
    sync: {value: 2, unit: instructions, source: "assumed: as ScalarE"}
  event_semaphore:
    tensor: {value: 54.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 52.5 in kernels of a newer compiler"}
    vector: {value: 24, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    scalar: {value: 41.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 40 in kernels of a newer compiler"}
    gpsimd: {value: 19.2, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
    sync: {value: 20, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 20 in 345 of 436"}
  nop:
    tensor: {value: 21.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    vector: {value: 31.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    scalar: {value: 25, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    gpsimd: {value: 19.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 17.5 in kernels of a newer compiler"}
    sync: {value: 19.2, unit: ns, source: "assumed: as GpSimdE"}
  gap:
    tensor: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): LDWEIGHTS begins 24.2 to 25 after an EVENT_SEMAPHORE's end; between two of the sequencer's own assumed equal"}
    vector: {value: 79.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): TENSOR_SCALAR 79.2 after an EVENT_SEMAPHORE's end; between two of the sequencer's own assumed equal"}
    scalar: {value: 51.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 50.8 to 52.5 in all of 75 pairs"}
    gpsimd: {value: 35.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 35.8 in all of 43 pairs of WRITEs"}
    sync: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 24.2 in 79 of 151 pairs of WRITEs, 25 behind a fetch, 27.5 to 32.5 in the first five"}
  wait_gap:
    tensor: {value: 0, unit: ns, source: "assumed: no pair was captured"}
    vector: {value: 0, unit: ns, source: "assumed: no pair was captured"}
    scalar: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the same with and without"}
    gpsimd: {value: 15, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 50.8 instead of 35.8 when the next one waits, in all of 240 pairs"}
    sync: {value: 11.6, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 35.8 instead of 24.2 when the next one waits"}
  to_engine:
    tensor: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): LDWEIGHTS after EVENT_SEMAPHORE, 24.2 to 25 in 198 pairs"}
    vector: {value: 79.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): TENSOR_SCALAR after EVENT_SEMAPHORE"}
    scalar: {value: 12.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): COPY after WRITE in 12 pairs; 13.3 after DMA_DIRECT2D"}
    gpsimd: {value: 50.8, unit: ns, source: "assumed: as to an instruction of its own that waits"}
    sync: {value: 24.2, unit: ns, source: "assumed: Sync has no engine behind its sequencer"}
  unaccustomed:
    tensor: {value: 0, unit: ns, source: "assumed: none was captured"}
    vector: {value: 0, unit: ns, source: "assumed: none was captured"}
    scalar: {value: 5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 30 twice, then 25"}
    gpsimd: {value: 6.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 51.7 twice, then 45.8; NOP 25.8 twice, then 19.2"}
    sync: {value: 4, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 60.8 twice, then 57.5; 47.5 twice, then 42.5"}
  unaccustomed_event:
    tensor: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the first takes as long as the others"}
    vector: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the first takes as long as the others"}
    scalar: {value: 14.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 58.3 and 53.3, then 41.7"}
    gpsimd: {value: 15.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 37.5 and 32.5, against 19.2"}
    sync: {value: 20, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 35.8 and 44.2, then 20"}
  accustomed_after: {value: 2, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the first two of a kind after two others of another"}
  forgotten_after: {value: 2, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITEs and NOPs after two WRITEs of another kind, not after one"}
  event_forgotten_after: {value: 8, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHOREs after 12 or more WRITEs, not after 4"}
  fetch:
    tensor: {value: 0, unit: ns, source: "assumed: none was seen"}
    vector: {value: 0, unit: ns, source: "assumed: none was seen"}
    scalar: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): none was seen"}
    gpsimd: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): none was seen"}
    sync: {value: 3.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 60.8 instead of 57.5 and EVENT_SEMAPHORE 23.3 instead of 20 at each fourth instruction of the kernel"}
  fetch_instructions: {value: 4, unit: instructions, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): each fourth instruction of Sync"}
  second_after_control: {value: 30.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): MATMUL after LDWEIGHTS after EVENT_SEMAPHORE on PE"}

dma:
  rings: {value: 16, unit: count, source: "trn2 architecture guide, DMA"}
  queues: {value: 16, unit: count, source: "NKI DMA overview, DMA Queues"}
  bytes_per_cycle: {value: 32, unit: B/cycle, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode)"}
  descriptor_cycles: {value: 4, unit: cycles, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 4 B in 5, 4096 B in 132 cycles"}
  element_read_cycles: {value: 1, unit: cycles/element, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 64 elements in 81 ns, of 2 or 4 bytes"}
  element_write: {value: 95, unit: ns/element, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): conv2d in fp32, 64 elements per descriptor, all rings busy"}
  element_write_16bit: {value: 107, unit: ns/element, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): conv2d in fp16, 100 to 110 by ring"}
  hbm_write_block_bytes: {value: 512, unit: B, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
  hbm_write_block_cycles: {value: 16, unit: cycles, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
  hbm_write_descriptor_cycles: {value: 6.5, unit: cycles, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): means of 23.2 cycles per 256 B, 71 per 2048 B, 136 per 4000 B and 180 per 8 rows of 512 B; 2.5 at best"}
  write_acknowledge: {value: 250, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 240 to 260"}
  semaphore_visible: {value: 350, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
  new_read_stall: {value: 450, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): attention kernels; 400 to 470 per load of q, k and v, 620 to 1050 per load of what the kernel wrote, 150 to 500 for others"}
  ring_offset: {value: 11, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): ring 15 starts 150 to 200 ns after ring 0"}
  packet_bytes: {value: 4096, unit: B, source: "Neuron profiler documentation: static packets of 4 KiB"}
  max_descriptor_bytes: {value: 65536, unit: B, source: "assumed: the 64 KiB packets of collectives; the longest observed has 32,004 B"}
  throughput:
    hbm_transpose: {value: 0.9, unit: ratio, source: "trn2 architecture guide, DMA Transpose: up to 90 %"}
    sbuf_transpose: {value: 0.5, unit: ratio, source: "trn2 architecture guide, DMA Transpose: up to 50 %"}
    compute: {value: 0.5, unit: ratio, source: "trn3 architecture guide, DMA: about 50 % before NeuronCore-v4"}
  static:
    trigger:
      tensor: {value: 47.5, unit: ns, source: "assumed: its trigger_scratch and 17.5, between Sync and GpSimdE"}
      vector: {value: 44.8, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): WRITE, median"}
      scalar: {value: 42.5, unit: ns, source: "assumed: its trigger_scratch and 17.5, between Sync and GpSimdE"}
      gpsimd: {value: 45.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of an output's queue"}
      sync: {value: 57.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of an input's queue"}
    trigger_scratch:
      tensor: {value: 30, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): WRITE, median"}
      vector: {value: 27.3, unit: ns, source: "assumed: its trigger less 17.5"}
      scalar: {value: 25, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
      gpsimd: {value: 25.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
      sync: {value: 42.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
    trigger_initial:
      tensor: {value: 32.5, unit: ns, source: "assumed: as Sync"}
      vector: {value: 32.5, unit: ns, source: "assumed: as Sync"}
      scalar: {value: 29.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 54.2 instead of 25"}
      gpsimd: {value: 37.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 83.3 instead of 45.8; 57.5 instead of 25.8"}
      sync: {value: 32.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 90 instead of 57.5; 66.7 instead of 42.5"}
    trigger_second:
      tensor: {value: 5, unit: ns, source: "assumed: as ScalarE"}
      vector: {value: 5, unit: ns, source: "assumed: as ScalarE"}
      scalar: {value: 5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 30 instead of 25"}
      gpsimd: {value: 11.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 57.5 instead of 45.8"}
      sync: {value: 3.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 60.8 instead of 57.5"}
    first_descriptor: {value: 780, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 740 to 890 to the first ring"}
    first_descriptor_initial: {value: 1480, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): all rings reach their steady rate as if they had started then; the first reads of HBM stall for about 600 ns"}
  hwdge:
    trigger:
      scalar: {value: 572.5, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): DMA_DIRECT2D, median"}
      sync: {value: 565, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): DMA_DIRECT2D, median"}
    interval: {value: 600, unit: ns, source: "trn2 architecture guide, DGE: about 600 ns per DMA instruction"}
    first_descriptor:
      scalar: {value: 1260, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 1234 to 1279 to the first ring of idle rings"}
      sync: {value: 1340, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 1327 to 1350 to the first ring of idle rings"}
  swdge:
    trigger: {value: 31.7, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): the first of a row"}
    trigger_queued: {value: 20, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): 31.7, 50 and 70.8 to 75 for three in a row"}
    interval: {value: 580, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
    first_descriptor: {value: 770, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 660 to 880"}
    wait_to_start: {value: 1182, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}

hbm:
  bandwidth_per_stack: {value: 716, unit: GB/s, source: "Neuron profiler: peak_flops_bandwidth_ratio 109.84 = 78.64 TFLOPS / 716 GB/s"}
  read_bandwidth_per_core: {value: 375, unit: GB/s, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): long loads of conv2d (152.9 ns per 3584 B and ring); the fair share of a stack is 358"}
  bytes_per_stack: {value: 25769803776, unit: B, source: "trn2 architecture guide: 96 GiB in 4 stacks"}
  stacks: {value: 4, unit: count, source: "trn2 architecture guide"}
  cores_per_stack: {value: 2, unit: count, source: "Logical NeuronCore configuration: pairs share a bank"}
  active_cores: {value: 1, unit: count, source: "assumed: the other core of the pair is idle"}

exchange:
  barrier: {value: 85, unit: ns, source: "assumed: two semaphore hops of 42 ns (measured 23 to 42 ns, trn2.3xlarge captures, NTFF decode)"}
  pair_latency: {value: 1307, unit: ns, source: "DMA bandwidth guide, fixed overhead about 1.3 us across engines; 1.307 us by its figures (dma-ov Ex. 1)"}
  pair_bandwidth: {value: 435, unit: GB/s, source: "DMA overview: 16 rings of 27.2 GB/s; assumed to be reached between two cores"}
  gpsimd_bandwidth: {value: 153, unit: GB/s, source: "assumed: GpSimd copies move 128 lanes of 1 B per cycle of 1.2 GHz; no figure of sendrecv is published"}
  collective_latency: {value: 2500, unit: ns, source: "assumed: within the latency term of 1 to 10 us that the Neuron runtime guide gives for collectives in a node"}
  collective_step: {value: 1500, unit: ns, source: "Neuron runtime guide, intra-node collectives: 1 to 2 us per hop; the middle is assumed"}
  collective_bandwidth: {value: 128, unit: GB/s, source: "assumed: 1024 GB/s of NeuronLink within an instance (trn2 hardware page), shared evenly by 8 cores of a chip"}

flops:
  operations_per_mac: {value: 2, unit: count, source: "Neuron Explorer metrics schema"}
  multiplier:
    bf16: {value: 1, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp32: {value: 4, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp8: {value: 0.5, unit: ratio, source: "Neuron Explorer metrics schema"}
    uint8: {value: 0.5, unit: ratio, source: "Neuron Explorer metrics schema"}
    mx: {value: 0.25, unit: ratio, source: "Neuron Explorer metrics schema"}

dtypes:
  storage: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2, int8, int16, int32, uint8, uint16, uint32, bool], unit: types, source: "NKI reference, Supported Data Types"}
  matmul: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2], unit: types, source: "NKI ISA reference, nc_matmul"}

limits:
  bn_stats_elements: {value: 512, unit: elements, source: "NKI reference, nl.tile_size.bn_stats_fmax"}
  max8_min_elements: {value: 8, unit: elements, source: "NKI ISA reference, max8"}
  max8_max_elements: {value: 16384, unit: elements, source: "NKI ISA reference, max8"}
  dma_compute_sources: {value: 16, unit: count, source: "NKI ISA reference, dma_compute"}
  registers: {value: 64, unit: count, source: "NKI ISA reference, register_alloc"}

launch:
  profiler_overhead: {value: 15350, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): 15.0 to 15.7 us"}
  benchmark_overhead: {value: 8000, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export): about 8 us"}
  release:
    tensor: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): first instructions after the launch's barrier"}
    vector: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): first instructions after the launch's barrier"}
    scalar: {value: 156, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): first instructions after the launch's barrier"}
    gpsimd: {value: 105, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): first instructions after the launch's barrier"}
    sync: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): first instructions after the launch's barrier"}

"""#,
    "trn3": #"""
# Trainium3 (NeuronCore-v4): documents only, never compared with a device; the rest as trn2.
# Each value: {value, unit, source}. `trnsim hardware explain PATH` says what a value means;
# a source that starts with `assumed` marks what no document and no measurement gives.
# After a change run Scripts/embed-hwconfigs, which puts the text into the program.
name: trn3
description: "Trainium3, one physical NeuronCore-v4, from documents only"

core:
  generation: {value: 4, unit: count, source: "trn3 architecture guide: NeuronCore-v4"}

clocks:
  tensor: {value: 2.4, unit: GHz, source: "trn3 architecture guide, table of compute engine updates"}
  vector: {value: 1.2, unit: GHz, source: "trn3 architecture guide, table of compute engine updates"}
  scalar: {value: 1.2, unit: GHz, source: "trn3 architecture guide, table of compute engine updates"}
  gpsimd: {value: 1.2, unit: GHz, source: "trn3 architecture guide, table of compute engine updates"}
  sync: {value: 1.2, unit: GHz, source: "assumed: as trn2"}
  neuroncore: {value: 1.2, unit: GHz, source: "assumed: as trn2"}
  dma: {value: 1.2, unit: GHz, source: "NKI DMA overview: 38.4 GB/s per ring for NeuronCore-v4, at 32 B per cycle"}

sbuf:
  partitions: {value: 128, unit: partitions, source: "trn3 architecture guide, SBUF"}
  bytes_per_partition: {value: 262144, unit: B, source: "trn3 architecture guide, SBUF: 32 MiB = 128 x 256 KiB"}
  usable_bytes_per_partition: {value: 245496, unit: B, source: "assumed: reserves as much as trn2"}

psum:
  partitions: {value: 128, unit: partitions, source: "trn3 architecture guide, PSUM"}
  bytes_per_partition: {value: 16384, unit: B, source: "trn3 architecture guide, PSUM"}
  banks: {value: 8, unit: count, source: "trn3 architecture guide, PSUM"}
  bank_bytes: {value: 2048, unit: B, source: "trn3 architecture guide, PSUM"}
  bank_conflict_factor: {value: 2, unit: ratio, source: "assumed: as trn2 (two engines on one bank share its port; the trn2 architecture guide only says that full bandwidth needs different banks)"}

access:
  start_partitions_up_to_32: {value: [0, 32, 64, 96], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_up_to_64: {value: [0, 64], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  start_partitions_above_64: {value: [0], unit: partitions, source: "trn1/inf2 architecture guide, Accessing SBUF/PSUM tensors"}
  max_free_dims: {value: 4, unit: count, source: "assumed: as trn2"}
  max_free_elements_sbuf: {value: 65536, unit: elements, source: "assumed: as trn2"}
  max_free_elements_psum: {value: 8192, unit: elements, source: "NKI ISA reference, nc_matmul: up to 8192 bfloat16 elements on NeuronCore-v4, all of PSUM"}
  stride_penalty_bytes: {value: 16, unit: B, source: "assumed: as trn2"}
  stride_penalty_factor: {value: 2, unit: ratio, source: "assumed: as trn2"}
  vector_scattered_write_cycles: {value: 2.26, unit: cycles/element, source: "assumed: as trn2"}
  scalar_scattered_write_cycles: {value: 5.11, unit: cycles/element, source: "assumed: as trn2"}
  vector_scattered_retire_cycles: {value: 2.1, unit: cycles/element, source: "assumed: as trn2"}
  scalar_scattered_retire_cycles: {value: 5.3, unit: cycles/element, source: "assumed: as trn2"}
  scattered_read_cycles: {value: 1, unit: cycles/element, source: "assumed: as trn2"}

tensor:
  rows: {value: 128, unit: count, source: "trn3 architecture guide, Tensor Engine"}
  columns: {value: 128, unit: count, source: "trn3 architecture guide, Tensor Engine"}
  moving_max: {value: 4096, unit: columns, source: "NKI ISA reference, nc_matmul: N up to 4096 in fp32 on NeuronCore-v4"}
  stationary_max: {value: 128, unit: columns, source: "NKI reference, nl.tile_size.gemm_stationary_fmax"}
  minimum_tile: {value: 32, unit: count, source: "NKI ISA reference, nc_matmul tiling mode: 4 x 32 on NeuronCore-v3"}
  cycles_per_column:
    bf16: {value: 1, unit: cycles/column, source: "trn3 architecture guide, Tensor Engine: 79 TFLOPS"}
    fp16: {value: 1, unit: cycles/column, source: "trn3 architecture guide, Tensor Engine: 79 TFLOPS"}
    fp8: {value: 1, unit: cycles/column, source: "trn3 architecture guide, Tensor Engine; double_row doubles the rows instead"}
    tf32: {value: 1, unit: cycles/column, source: "trn3 architecture guide, Tensor Engine: 79 TFLOPS"}
    fp32_pass: {value: 2, unit: cycles/column, source: "assumed: as trn2"}
    fp32_transpose: {value: 2, unit: cycles/column, source: "assumed: as trn2"}
  fp32_passes: {value: 2, unit: count, source: "assumed: as trn2"}
  fp32_onezero_passes: {value: 1, unit: count, source: "NKI ISA reference, nc_matmul is_stationary_onezero: up to 2x"}
  double_row_factor: {value: 2, unit: ratio, source: "NKI ISA reference, nc_matmul double_row"}
  mx_factor: {value: 4, unit: ratio, source: "trn3 architecture guide, Quad-MXFP8/MXFP4 Matmul Performance: 512 rows of K, 4x the throughput of bf16"}
  issue_overhead_cycles:
    warm: {value: 6, unit: cycles, source: "assumed: as trn2"}
    cold: {value: 0, unit: cycles, source: "assumed: as trn2"}
  minimum_issue_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
  latency:
    warm: {value: 163.3, unit: ns, source: "assumed: as trn2"}
    cold: {value: 158.3, unit: ns, source: "assumed: as trn2"}
  lead:
    warm: {value: 2.5, unit: ns, source: "assumed: as trn2"}
    cold: {value: 46.7, unit: ns, source: "assumed: as trn2"}
  weights_to_stream: {value: 5, unit: ns, source: "assumed: as trn2"}
  ldweights:
    cycles:
      fast: {value: 32, unit: cycles, source: "assumed: as trn2; packed MX elements as bf16, one to an array element"}
      slow: {value: 128, unit: cycles, source: "assumed: as trn2"}
      fp32: {value: 256, unit: cycles, source: "assumed: as trn2"}
      fp32_transpose: {value: 128, unit: cycles, source: "assumed: as trn2"}
    stride_factor: {value: 2, unit: ratio, source: "assumed: as trn2"}
    latency:
      warm: {value: 83.3, unit: ns, source: "assumed: as trn2"}
      cold: {value: 75.8, unit: ns, source: "assumed: as trn2"}
    after_matmul_start: {value: 1.7, unit: ns, source: "assumed: as trn2"}

pe_clock:
  window_cycles: {value: 4096, unit: cycles, source: "assumed: as trn2; Neuron Explorer documentation: about 3 us on trn2 and trn3"}
  phase: {value: 0, unit: ns, source: "assumed: as trn2 (the windows run free and their phase at the kernel's start is unknown)"}
  warm_up_busy: {value: 0.76, unit: ratio, source: "assumed: as trn2"}
  cool_down_busy: {value: 0.35, unit: ratio, source: "assumed: as trn2"}
  cold_factor: {value: 2, unit: ratio, source: "Neuron Explorer documentation, Understanding throttling: 50 % on trn2 and trn3"}

vector:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 256 elements per cycle"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 512 elements of 16 bits per cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 256 elements per cycle"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 512 elements of 16 bits per cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "assumed: as trn2"}
        psum: {value: 68, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 159.4, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 256 elements per cycle"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 512 elements of 16 bits per cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 256 elements per cycle"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Vector Engine: 512 elements of 16 bits per cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 129.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as trn2"}
        psum: {value: 216.7, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    scalar_tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 129.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as trn2"}
        psum: {value: 216.7, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 152.1, unit: ns, source: "assumed: as trn2"}
        psum: {value: 157.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 116.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 116.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 216.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 225.1, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    reciprocal:
      cycles_per_element:
        sbuf: {value: 6, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 6, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 6, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 6, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 6, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 153.1, unit: ns, source: "assumed: as trn2"}
        psum: {value: 157.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    memset:
      cycles_per_element:
        sbuf: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 80, unit: ns, source: "assumed: as trn2"}
        psum: {value: 80, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 68, unit: ns, source: "assumed: as trn2"}
        psum: {value: 68, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 159.4, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    range_select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 129.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 129.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 214.6, unit: ns, source: "assumed: as trn2"}
        psum: {value: 216.7, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    max8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    find_index8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    match_replace8:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (N; the reference of v2.26 prints min(64, N))"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2 (N; the reference of v2.26 prints min(64, N))"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2 (N; the reference of v2.26 prints min(64, N))"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2 (N; the reference of v2.26 prints min(64, N))"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2 (N; the reference of v2.26 prints min(64, N))"}
      issue_overhead:
        sbuf: {value: 69.7, unit: ns, source: "assumed: as trn2"}
        psum: {value: 69.7, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 150, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    shuffle:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    transpose32:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.4, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    exponential:
      cycles_per_element:
        sbuf: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Fast Exponential Evaluation: 4x ScalarE's exp, of one element per cycle"}
        sbuf_16bit: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Fast Exponential Evaluation: 4x ScalarE's exp, of one element per cycle"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, Fast Exponential Evaluation: 4x ScalarE's exp, of one element per cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as copy, which PSUM limits"}
        psum_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "assumed: as copy, which PSUM limits"}
      issue_overhead:
        sbuf: {value: 116.7, unit: ns, source: "assumed: as tensor_scalar_reduce, with which it shares the accumulators"}
        psum: {value: 116.7, unit: ns, source: "assumed: as tensor_scalar_reduce, with which it shares the accumulators"}
      latency:
        sbuf: {value: 216.7, unit: ns, source: "assumed: as tensor_scalar_reduce, with which it shares the accumulators"}
        psum: {value: 225.1, unit: ns, source: "assumed: as tensor_scalar_reduce, with which it shares the accumulators"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other classes"}
    quantize_mx:
      cycles_per_element:
        sbuf: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, MX data-type Quantization: four input elements per partition and cycle"}
        sbuf_16bit: {value: 0.25, unit: cycles/element, source: "assumed: as contiguous; the guide's four per cycle name no layout"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, MX data-type Quantization: four input elements per partition and cycle"}
        psum: {value: 0.25, unit: cycles/element, source: "NKI ISA reference, quantize_mx: its operands are in SBUF; as there"}
        psum_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "NKI ISA reference, quantize_mx: its operands are in SBUF; as there"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as copy"}
        psum: {value: 50, unit: ns, source: "NKI ISA reference, quantize_mx: its operands are in SBUF; as there"}
      latency:
        sbuf: {value: 150, unit: ns, source: "assumed: as copy"}
        psum: {value: 150, unit: ns, source: "NKI ISA reference, quantize_mx: its operands are in SBUF; as there"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as the other classes"}
    random:
      cycles_per_element:
        sbuf: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, XORWOW-based PRNG: 4 values of 32 bits per lane and cycle"}
        sbuf_16bit: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, XORWOW-based PRNG: 4 values of 32 bits per lane and cycle"}
        sbuf_16bit_contiguous: {value: 0.25, unit: cycles/element, source: "trn3 architecture guide, XORWOW-based PRNG: 4 values of 32 bits per lane and cycle"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as memset, which PSUM limits"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as memset, which PSUM limits"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as memset"}
        psum: {value: 50, unit: ns, source: "assumed: as memset"}
      latency:
        sbuf: {value: 80, unit: ns, source: "assumed: as memset"}
        psum: {value: 80, unit: ns, source: "assumed: as memset"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as memset"}

scalar:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Scalar Engine, Performance mode: 2x for tensor_scalar and tensor_copy in 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Scalar Engine, Performance mode: 2x for tensor_scalar and tensor_copy in 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Scalar Engine, Performance mode: 2x for tensor_scalar and tensor_copy in 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 50, unit: ns, source: "assumed: as trn2"}
        psum: {value: 50, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 203.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 158.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 62.5, unit: ns, source: "assumed: as trn2"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 0.5, unit: cycles/element, source: "trn3 architecture guide, Scalar Engine, Performance mode: 2x for tensor_scalar and tensor_copy in 16 bits"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "assumed: as trn2"}
        psum: {value: 143, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 280, unit: ns, source: "assumed: as trn2"}
        psum: {value: 261, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    activation:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 186, unit: ns, source: "assumed: as trn2"}
        psum: {value: 143, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 280, unit: ns, source: "assumed: as trn2"}
        psum: {value: 261, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    activation_reduce:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        sbuf_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
        psum_16bit_contiguous: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 239.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 196.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 333.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 314.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    table_load:
      cycles_per_element:
        sbuf: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        sbuf_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
        psum_16bit_contiguous: {value: 0, unit: cycles/element, source: "not applicable: a load streams no elements"}
      issue_overhead:
        sbuf: {value: 1283.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 1283.3, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 1283.3, unit: ns, source: "assumed: as trn2"}
        psum: {value: 1283.3, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "not applicable: a load follows in order"}
      minimum_cycles: {value: 0, unit: cycles, source: "not applicable: a load takes a fixed time"}
  table_sets: {value: {exponential: [exp], sigmoid: [sigmoid, silu, tanh], logarithm: [log, softplus, mish], root: [sqrt, rsqrt, reciprocal], gelu: [gelu, gelu_apprx_tanh, gelu_apprx_sigmoid, erf], trigonometric: [sin, arctan]}, unit: functions, source: "assumed: as trn2 (nothing is published about which functions share a table; related ones are put together)"}
  resident_functions: {value: [copy, square, relu, abs, sign], unit: functions, source: "assumed: as trn2 (functions without a table of coefficients are in every set)"}

gpsimd:
  classes:
    copy:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    cast:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_tensor:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    tensor_scalar_pointer:
      cycles_per_element:
        sbuf: {value: 4, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    memset:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2 (128 lanes of 32 bits per cycle (trn1/inf2 architecture guide, GpSimd Engine))"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    iota:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    affine_select:
      cycles_per_element:
        sbuf: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}
    partition_reduce:
      cycles_per_element:
        sbuf: {value: 7, unit: cycles/element, source: "assumed: as trn2 (log2(128) exchange steps per element; nothing is published)"}
      issue_overhead:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      latency:
        sbuf: {value: 125, unit: ns, source: "assumed: as trn2 (150 cycles as iota and affine_select)"}
      retire_overhead: {value: 0, unit: ns, source: "assumed: as trn2 (ends keep the distance of the starts; only ScalarE copies were seen to spread)"}
      minimum_cycles: {value: 64, unit: cycles, source: "assumed: as trn2"}

semaphores:
  update:
    tensor: {value: 14.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 10.8, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 9.2, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 10.8, unit: ns, source: "assumed: as trn2"}
    sync: {value: 9.2, unit: ns, source: "assumed: as trn2"}
  wait_to_start:
    tensor: {value: 41.7, unit: ns, source: "assumed: as trn2"}
    vector: {value: 22.9, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 22.5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    sync: {value: 16.7, unit: ns, source: "assumed: as trn2"}
  event_wait_to_start:
    tensor: {value: 28.3, unit: ns, source: "assumed: as trn2"}
    vector: {value: 27.9, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 20.8, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 24.2, unit: ns, source: "assumed: as trn2"}
    sync: {value: 16.7, unit: ns, source: "assumed: as trn2"}

sequencer:
  dispatch:
    tensor: {value: 4.2, unit: ns, source: "assumed: as trn2"}
    vector: {value: 13.5, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 7.5, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 8.3, unit: ns, source: "assumed: as trn2"}
    sync: {value: 8.3, unit: ns, source: "assumed: as trn2"}
  queue_depth:
    tensor: {value: 33, unit: instructions, source: "assumed: as trn2"}
    vector: {value: 2, unit: instructions, source: "assumed: as trn2"}
    scalar: {value: 2, unit: instructions, source: "assumed: as trn2"}
    gpsimd: {value: 2, unit: instructions, source: "assumed: as trn2"}
    sync: {value: 2, unit: instructions, source: "assumed: as trn2"}
  event_semaphore:
    tensor: {value: 54.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 52.5 in kernels of a newer compiler"}
    vector: {value: 24, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    scalar: {value: 41.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 40 in kernels of a newer compiler"}
    gpsimd: {value: 19.2, unit: ns, source: "measured, trn2.3xlarge captures of attention kernels (NTFF decode and profiler export)"}
    sync: {value: 20, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 20 in 345 of 436"}
  nop:
    tensor: {value: 21.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    vector: {value: 31.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    scalar: {value: 25, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels)"}
    gpsimd: {value: 19.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 17.5 in kernels of a newer compiler"}
    sync: {value: 19.2, unit: ns, source: "assumed: as GpSimdE"}
  gap:
    tensor: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): LDWEIGHTS begins 24.2 to 25 after an EVENT_SEMAPHORE's end; between two of the sequencer's own assumed equal"}
    vector: {value: 79.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): TENSOR_SCALAR 79.2 after an EVENT_SEMAPHORE's end; between two of the sequencer's own assumed equal"}
    scalar: {value: 51.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 50.8 to 52.5 in all of 75 pairs"}
    gpsimd: {value: 35.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 35.8 in all of 43 pairs of WRITEs"}
    sync: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 24.2 in 79 of 151 pairs of WRITEs, 25 behind a fetch, 27.5 to 32.5 in the first five"}
  wait_gap:
    tensor: {value: 0, unit: ns, source: "assumed: no pair was captured"}
    vector: {value: 0, unit: ns, source: "assumed: no pair was captured"}
    scalar: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the same with and without"}
    gpsimd: {value: 15, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 50.8 instead of 35.8 when the next one waits, in all of 240 pairs"}
    sync: {value: 11.6, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 35.8 instead of 24.2 when the next one waits"}
  to_engine:
    tensor: {value: 24.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): LDWEIGHTS after EVENT_SEMAPHORE, 24.2 to 25 in 198 pairs"}
    vector: {value: 79.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): TENSOR_SCALAR after EVENT_SEMAPHORE"}
    scalar: {value: 12.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): COPY after WRITE in 12 pairs; 13.3 after DMA_DIRECT2D"}
    gpsimd: {value: 50.8, unit: ns, source: "assumed: as to an instruction of its own that waits"}
    sync: {value: 24.2, unit: ns, source: "assumed: Sync has no engine behind its sequencer"}
  unaccustomed:
    tensor: {value: 0, unit: ns, source: "assumed: none was captured"}
    vector: {value: 0, unit: ns, source: "assumed: none was captured"}
    scalar: {value: 5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 30 twice, then 25"}
    gpsimd: {value: 6.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 51.7 twice, then 45.8; NOP 25.8 twice, then 19.2"}
    sync: {value: 4, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 60.8 twice, then 57.5; 47.5 twice, then 42.5"}
  unaccustomed_event:
    tensor: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the first takes as long as the others"}
    vector: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): the first takes as long as the others"}
    scalar: {value: 14.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 58.3 and 53.3, then 41.7"}
    gpsimd: {value: 15.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 37.5 and 32.5, against 19.2"}
    sync: {value: 20, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): EVENT_SEMAPHORE 35.8 and 44.2, then 20"}
  accustomed_after: {value: 2, unit: instructions, source: "assumed: as trn2"}
  forgotten_after: {value: 2, unit: instructions, source: "assumed: as trn2"}
  event_forgotten_after: {value: 8, unit: instructions, source: "assumed: as trn2"}
  fetch:
    tensor: {value: 0, unit: ns, source: "assumed: none was seen"}
    vector: {value: 0, unit: ns, source: "assumed: none was seen"}
    scalar: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): none was seen"}
    gpsimd: {value: 0, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): none was seen"}
    sync: {value: 3.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE 60.8 instead of 57.5 and EVENT_SEMAPHORE 23.3 instead of 20 at each fourth instruction of the kernel"}
  fetch_instructions: {value: 4, unit: instructions, source: "assumed: as trn2"}
  second_after_control: {value: 30.8, unit: ns, source: "assumed: as trn2"}

dma:
  rings: {value: 16, unit: count, source: "trn3 architecture guide: 128 for 8 cores"}
  queues: {value: 16, unit: count, source: "NKI DMA overview, DMA Queues"}
  bytes_per_cycle: {value: 32, unit: B/cycle, source: "assumed: as trn2"}
  descriptor_cycles: {value: 4, unit: cycles, source: "assumed: as trn2"}
  element_read_cycles: {value: 1, unit: cycles/element, source: "assumed: as trn2"}
  element_write: {value: 95, unit: ns/element, source: "assumed: as trn2"}
  element_write_16bit: {value: 107, unit: ns/element, source: "assumed: as trn2"}
  hbm_write_block_bytes: {value: 512, unit: B, source: "assumed: as trn2"}
  hbm_write_block_cycles: {value: 16, unit: cycles, source: "assumed: as trn2"}
  hbm_write_descriptor_cycles: {value: 4, unit: cycles, source: "assumed: as trn2"}
  write_acknowledge: {value: 250, unit: ns, source: "assumed: as trn2"}
  semaphore_visible: {value: 350, unit: ns, source: "assumed: as trn2"}
  new_read_stall: {value: 450, unit: ns, source: "assumed: as trn2"}
  ring_offset: {value: 11, unit: ns, source: "assumed: as trn2"}
  packet_bytes: {value: 4096, unit: B, source: "assumed: as trn2"}
  max_descriptor_bytes: {value: 65536, unit: B, source: "assumed: as trn2 (the 64 KiB packets of collectives; the longest observed has 32,004 B)"}
  throughput:
    hbm_transpose: {value: 0.9, unit: ratio, source: "assumed: as trn2"}
    sbuf_transpose: {value: 0.5, unit: ratio, source: "assumed: as trn2"}
    compute: {value: 1, unit: ratio, source: "trn3 architecture guide, DMA: full rate from NeuronCore-v4 on"}
  static:
    trigger:
      tensor: {value: 47.5, unit: ns, source: "assumed: its trigger_scratch and 17.5, between Sync and GpSimdE"}
      vector: {value: 44.8, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): WRITE, median"}
      scalar: {value: 42.5, unit: ns, source: "assumed: its trigger_scratch and 17.5, between Sync and GpSimdE"}
      gpsimd: {value: 45.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of an output's queue"}
      sync: {value: 57.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of an input's queue"}
    trigger_scratch:
      tensor: {value: 30, unit: ns, source: "measured, trn2.3xlarge captures of CS149 asst4 kernels (NTFF decode): WRITE, median"}
      vector: {value: 27.3, unit: ns, source: "assumed: its trigger less 17.5"}
      scalar: {value: 25, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
      gpsimd: {value: 25.8, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
      sync: {value: 42.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): WRITE of a queue to or from the kernel's own HBM tensors"}
    trigger_initial:
      tensor: {value: 32.5, unit: ns, source: "assumed: as Sync"}
      vector: {value: 32.5, unit: ns, source: "assumed: as Sync"}
      scalar: {value: 29.2, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 54.2 instead of 25"}
      gpsimd: {value: 37.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 83.3 instead of 45.8; 57.5 instead of 25.8"}
      sync: {value: 32.5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 90 instead of 57.5; 66.7 instead of 42.5"}
    trigger_second:
      tensor: {value: 5, unit: ns, source: "assumed: as ScalarE"}
      vector: {value: 5, unit: ns, source: "assumed: as ScalarE"}
      scalar: {value: 5, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 30 instead of 25"}
      gpsimd: {value: 11.7, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 57.5 instead of 45.8"}
      sync: {value: 3.3, unit: ns, source: "measured by replaying trn2.3xlarge captures (CS149 asst4 and attention kernels): 60.8 instead of 57.5"}
    first_descriptor: {value: 890, unit: ns, source: "assumed: as trn2"}
    first_descriptor_initial: {value: 1425, unit: ns, source: "assumed: as trn2"}
  hwdge:
    trigger:
      scalar: {value: 572.5, unit: ns, source: "assumed: as trn2"}
      sync: {value: 565, unit: ns, source: "assumed: as trn2"}
    interval: {value: 600, unit: ns, source: "assumed: as trn2"}
    first_descriptor:
      scalar: {value: 1340, unit: ns, source: "assumed: as trn2"}
      sync: {value: 1450, unit: ns, source: "assumed: as trn2"}
  swdge:
    trigger: {value: 31.7, unit: ns, source: "assumed: as trn2"}
    trigger_queued: {value: 20, unit: ns, source: "assumed: as trn2"}
    interval: {value: 580, unit: ns, source: "assumed: as trn2"}
    first_descriptor: {value: 770, unit: ns, source: "assumed: as trn2"}
    wait_to_start: {value: 1182, unit: ns, source: "assumed: as trn2"}

hbm:
  bandwidth_per_stack: {value: 1175, unit: GB/s, source: "trn3 architecture guide: 4.7 TB/s for 4 stacks (the product page says 4.9)"}
  read_bandwidth_per_core: {value: 588, unit: GB/s, source: "assumed: half of a stack, as on trn2"}
  bytes_per_stack: {value: 38654705664, unit: B, source: "trn3 architecture guide: 144 GiB in 4 stacks"}
  stacks: {value: 4, unit: count, source: "trn3 architecture guide"}
  cores_per_stack: {value: 2, unit: count, source: "trn3 architecture guide: 8 cores, 4 stacks"}
  active_cores: {value: 1, unit: count, source: "assumed: as trn2 (the other core of the pair is idle)"}

exchange:
  barrier: {value: 85, unit: ns, source: "assumed: as trn2"}
  pair_latency: {value: 1307, unit: ns, source: "assumed: as trn2"}
  pair_bandwidth: {value: 614, unit: GB/s, source: "DMA overview: 16 rings of 38.4 GB/s; assumed to be reached between two cores"}
  gpsimd_bandwidth: {value: 153, unit: GB/s, source: "assumed: as trn2"}
  collective_latency: {value: 2500, unit: ns, source: "assumed: as trn2"}
  collective_step: {value: 1500, unit: ns, source: "assumed: as trn2"}
  collective_bandwidth: {value: 256, unit: GB/s, source: "assumed: NeuronLink 2.56 TB/s of a chip (trn3 hardware page), of which as on trn2 80 % within an instance, shared evenly by 8 cores"}

flops:
  operations_per_mac: {value: 2, unit: count, source: "Neuron Explorer metrics schema"}
  multiplier:
    bf16: {value: 1, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp32: {value: 4, unit: ratio, source: "Neuron Explorer metrics schema"}
    fp8: {value: 0.5, unit: ratio, source: "Neuron Explorer metrics schema"}
    uint8: {value: 0.5, unit: ratio, source: "Neuron Explorer metrics schema"}
    mx: {value: 0.25, unit: ratio, source: "Neuron Explorer metrics schema"}

dtypes:
  storage: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2, float8_e4m3fn, int8, int16, int32, uint8, uint16, uint32, bool, float8_e8m0fnu, float8_e5m2_x4, float8_e4m3fn_x4, float4_e2m1fn_x4], unit: types, source: "NKI reference, Supported Data Types"}
  matmul: {value: [float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2, float8_e4m3fn, float8_e5m2_x4, float8_e4m3fn_x4, float4_e2m1fn_x4], unit: types, source: "NKI ISA reference, nc_matmul and nc_matmul_mx"}

limits:
  bn_stats_elements: {value: 512, unit: elements, source: "NKI reference, nl.tile_size.bn_stats_fmax"}
  max8_min_elements: {value: 8, unit: elements, source: "NKI ISA reference, max8"}
  max8_max_elements: {value: 16384, unit: elements, source: "NKI ISA reference, max8"}
  dma_compute_sources: {value: 16, unit: count, source: "NKI ISA reference, dma_compute"}
  registers: {value: 64, unit: count, source: "NKI ISA reference, register_alloc"}

launch:
  profiler_overhead: {value: 15350, unit: ns, source: "assumed: as trn2"}
  benchmark_overhead: {value: 8000, unit: ns, source: "assumed: as trn2"}
  release:
    tensor: {value: 0, unit: ns, source: "assumed: as trn2"}
    vector: {value: 0, unit: ns, source: "assumed: as trn2"}
    scalar: {value: 156, unit: ns, source: "assumed: as trn2"}
    gpsimd: {value: 105, unit: ns, source: "assumed: as trn2"}
    sync: {value: 0, unit: ns, source: "assumed: as trn2"}

"""#,
  ]
}
