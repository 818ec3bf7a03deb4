"""Tables and columns by the names that Neuron Explorer publishes (profile schema 7.4.0, Neuron SDK 2.31), for what kernels have."""

from __future__ import annotations

from .summary import KEYS, WHOLE

VERSION = "7.4.0"

#: Columns with their types as Arrow names them, in the order of the published schema.
_WHOLE, _REAL = "int64", "float"


def _columns(text: str) -> dict[str, str]:
    """`name` is a whole number, `name:string` a text."""
    found: dict[str, str] = {}
    for word in text.split():
        name, _, kind = word.partition(":")
        found[name] = kind or _WHOLE
    return found


#: Keys of summaries that the table Summary has not.
_NOT_IN_TABLE = {"total_exec_time", "dynamic_dma_active_time", "dynamic_dma_packet_count", "dynamic_dma_size"}

TABLES: dict[str, dict[str, str]] = {
    "Summary": {key: _WHOLE if key in WHOLE else _REAL for key in KEYS if key not in _NOT_IN_TABLE},
    "Metadata": _columns("""
        profile_schema_version:string ntff_version:int32 num_physical_cores:int32 vnc_enabled:bool first_hw_timestamp last_hw_timestamp
        first_ts:string last_ts:string dma_ddr_bandwidth:float num_dma_engines_per_neuroncore:int32 hbm_ddr_bandwidth:float
        tensor_engine_num_rows tensor_engine_num_cols tensor_engine_clock_freq:float vector_engine_clock_freq:float
        vector_engine_num_channels scalar_engine_clock_freq:float scalar_engine_num_channels gpsimd_engine_clock_freq:float
        gpsimd_engine_num_channels neuroncore_clock_freq:float ticks_per_nanosec instance_type:string runtime_version:string
        collectives_version:string driver_version:string explorer_version:string compiler_version:string neuroncore_idx neuron_device_idx
        ultraserver_id ultraserver_type:string ultraserver_size:int32 ultraserver_instance_index:int32 s3_bucket_path:string
        profile_name:string explorer_build_time:string is_simulation:bool"""),
    "Instruction": _columns("""
        start_ts end_ts duration_ns engine:string timeline_track:string pcore_idx opcode:string operands:string compiler_opcode:string
        compiler_operands:string id pc compiler_pc penguin_id:string raw_penguin_id bir_id:string raw_bir_id bir_instruction_name:string
        kernel_instruction_name:string crc_in crc_out evt_wait_time_ns hlo_attrs:string hlo_name:string raw_hlo_id layer:string
        stack_frame_ids:string nki_source_location:string bir_debug_info_source_location:string dma_trigger_start_ts dma_trigger_end_ts
        dma_wait_time_ns instruction_chain:string hbm_read_bytes hbm_write_bytes sbuf_read_bytes sbuf_write_bytes spill_save_bytes
        spill_reload_bytes psum_read_bytes psum_write_bytes is_psum_read_sbuf_write:bool psum_read_sbuf_write_bytes input_queue_bytes
        output_queue_bytes weight_queue_bytes tensor_instruction_type:string tensor_elements raw_flops adjusted_flops
        tensor_elements_transpose flops_transpose adjusted_flops_transpose scalar_activation_fn:string"""),
    "DmaPacket": _columns("""
        start_ts end_ts duration_ns pcore_idx id packet_idx:int32 packet_aggregation_id engine_idx read_bytes write_bytes transfer_bytes
        throughput:float queue_type:string crc"""),
    "DmaPacketAggregated": _columns("""
        start_ts end_ts duration_ns id pcore_idx block_id:int32 queue_idx queue_name:string queue_type:string op:string variable:string
        read_bytes write_bytes transfer_bytes throughput:float source:string dest:string semaphore_id:string
        modular_flow_function:string read_sbuf_partitions:string read_num_sbuf_partitions:int32 read_shape:string read_offset:string
        read_steps:string write_sbuf_partitions:string write_num_sbuf_partitions:int32 write_shape:string write_offset:string
        write_steps:string is_transpose_mode:bool transpose_element_size:string transpose_shape:string transpose_from_shape:string
        transpose_to_shape:string transpose_unroll_factor:string trigger completion"""),
    "ActiveTime": _columns("start_ts end_ts engine:string pcore_idx duration_ns"),
    "TensorInfo": _columns("""
        variable_name:string type:string format:string shape:string size node pcore_idx load_to_sbuf_avg_size_bytes
        load_to_sbuf_total_size_bytes load_to_sbuf_dma_count load_to_sbuf_repeat_factor:float"""),
    "Flow": _columns("in_id out_id in_table:string out_table:string dependency_type:string gap_time"),
    "SchemaFields": _columns("""
        table_name:string table_description:string field_name:string field_description:string field_example:string field_type:string
        field_required:bool field_format:string field_unit:string field_minimum:float field_maximum:float"""),
}

#: Columns of ours behind the published ones: what instructions and DMAs ask of the machine, which `trnsim replay` reads.
OWN: dict[str, dict[str, str]] = {"Instruction": {"work": "string"}, "DmaPacketAggregated": {"transfer": "string"}}
