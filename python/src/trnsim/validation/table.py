"""The table: which public kernels belong to which measured records, and which records are left out and why.

Facts only: repositories and commits, paths, functions, shapes, arguments and options of the builds as the call sites beside
the kernels or the records have them. docs/validation.md says how to add one.
"""

from __future__ import annotations

from collections.abc import Iterable

from .kernels import Array, Family, Group, Kernel, Launch, LeftOut, Repository, bf16, f16, f32, i32

KDA = Repository("Jerry2423/kda-for-trainium", "90770f2aaa14af45141fdb16d3cf9891f3255507")
ACCELOPT = Repository("zhang677/AccelOpt", "47e29a7c24704e3c3e534b5bcbf39cfac3f831e3")
AWS = Repository("Joshdb-Amazon/neuron-agentic-development", "d95b2ae860e2d6df9c4b9bc5269ecbffe1920dbd")
FUSION = Repository("allenkchau/trainium-kernel-fusion", "d709ddf10264488b43f0e8468269c168b4d69c7e")
AUTOTUNE = Repository("awslabs/nki-autotune", "d57bcc3be3318f9cec05c7f48c162d3d2b1706e0", imports=(".", "nkigym/src", "autotune/src"),
                      absent=("nkipy", "nki.compiler.driver", "nki.compiler.ncc_driver", "nki.framework"), needs=("networkx",))
MEGAKERNEL = "KevGomes1403/nki-moe-megakernel"
MEGAKERNEL_V5 = Repository(MEGAKERNEL, "b1c16c1990e74a192009ccec9858f3503126ef08", absent=("torch",))
MEGAKERNEL_V6 = Repository(MEGAKERNEL, "f1fe87a4c8a1b139ea4dfaef9e49eeba705af65d", absent=("torch",))
GRAPHS = Repository("joshdelg/cs217-final-proj", "ffb8dd5d573234ae876a7cb67ff6e873a5c62e4c", absent=("torch", "torch_xla"))
CHENG = "chengli2003/asst4-trainium2"
CHENG_FIRST = Repository(CHENG, "3870f27734fed94e0c29c225df9aa64e44fe6182")
CHENG_SECOND = Repository(CHENG, "cd405b262345fad680820e2b9e79833a09ea92b4")
CHENG_THIRD = Repository(CHENG, "00f68f300c9a3f0147ef223a999affa95f91c0a0")
CHENG_LAST = Repository(CHENG, "a57e57b102ffeace78b6a403975512e87d44f43a")
CHENHZHU = Repository("chenhzhu/asst4-trainium2", "fecd8c8b3399ff78dee8b2bac60c826d0287f563")
NI = Repository("Ni2002ka/asst4-trainium2", "2d6c725b2b55baccd7ff0086b65b8acdd187b5ce")
XAVIER = Repository("xaviergonzalez/asst4-trainium2", "d1552616dad79e7acef3cf63f649f4a8b19a7c12")
ERIC = Repository("Ericcsr/asst4-trainium", "89691701a77178211469ba2ae84a38121101ef36")

#: The arguments of NKIBench's problems, as its references turn them into the kernels' inputs.
NKIBENCH: dict[str, tuple[Array | float, ...]] = {
    "adamw": (f32(10944, 2048),) * 4,
    "add_rmsnorm_matmul": (f32(4096, 1024), f32(1024, 2048), 1e-5, f32(4096, 1024), f32(1024)),
    "bmm": (f32(16, 4096, 64), f32(16, 64, 4096)),
    "bmm_softmax": (f32(16, 4096, 64), f32(16, 64, 4096)),
    "gqa_full": (f32(32, 128, 16, 128), f32(1, 8, 4, 128, 8, 128), f32(1, 32, 128, 1024)),
    "lora": (f32(8, 4, 128, 40, 128), f32(40, 128, 12288), f32(40, 128, 128), f32(128, 12288)),
    "mamba": (f32(256, 7168), f32(256, 7168), f32(256, 16), f32(16, 7168), f32(16, 7168)),
    "matmul": (f32(32, 128, 40, 128), f32(40, 128, 12288)),
    "matmul_add_rmsnorm": (f32(4096, 2048), f32(2048, 2048), 1e-5, f32(4096, 2048), f32(2048)),
    "rmsnorm_matmul": (f32(32, 128, 1024), f32(8, 128, 2048)),
    "rope_single_freq_apply": (f32(128, 262144), f32(64, 262144), f32(64, 262144)),
    "silu": (f32(128, 32, 7168),),
    "swiglu": (f32(8, 4, 128, 8, 128), f32(8, 128, 3072), f32(24, 128, 1024), f32(8, 128, 3072)),
    "transpose_matmul": (f32(128, 16, 4096), f32(128, 16, 10944)),
}
#: NKIBench's kernel of each problem, without the folder.
BASELINES = {
    "adamw": "adamw_M10944_N2048_0.py", "add_rmsnorm_matmul": "add_rmsnorm_matmul_M4096_N2048_K1024_0.py",
    "bmm": "bmm_B16_M4096_K64_N4096_0.py", "bmm_softmax": "bmm_softmax_B16_K64_M4096_N4096_0.py",
    "gqa_full": "gqa_full_B1_N4096_QH16_KH8_D128_0.py", "lora": "lora_M4096_N12288_K5120_R128_0.py",
    "mamba": "mamba_M7168_C256_S16_0.py", "matmul": "matmul_M4096_N12288_K5120_0.py",
    "matmul_add_rmsnorm": "matmul_add_rmsnorm_M4096_N2048_K2048_0.py", "rmsnorm_matmul": "rmsnorm_matmul_M4096_N2048_K1024_0.py",
    "rope_single_freq_apply": "rope_single_freq_apply_B1_H64_N4096_D128_0.py", "silu": "silu_M4096_N7168_0.py",
    "swiglu": "swiglu_M4096_N3072_K1024_0.py", "transpose_matmul": "transpose_matmul_M4096_K2048_N10944_0.py",
}


def _nkibench(problem: str) -> Launch:
    return Launch(f"NKIBench/kernels/{BASELINES[problem]}", "kernel", NKIBENCH[problem])


def _kda(problem: str, variants: dict[str, tuple[int, ...]], *, baseline: bool = True, quick: Iterable[str] = (),
         kinds: dict[str, str] | None = None, baseline_numbers: tuple[int, ...] = ()) -> Family:
    """kda-for-trainium's variants of one of NKIBench's problems, with the numbers of their records."""
    def records(numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(f"kda-trn2-{problem}-{number:02}" for number in numbers)
    first = [Kernel("NKIBench's", (f"kda-trn2-baseline-{problem}", *records(baseline_numbers)), (_nkibench(problem),),
                    repository=ACCELOPT)] if baseline else []
    return Family(f"kda {problem}", KDA, "device estimate", (*first, *(
        Kernel(name, records(numbers), (Launch(f"workspaces/{problem}/runs/{name}.py", "kernel", NKIBENCH[problem]),),
               kind=(kinds or {}).get(name), quick=name in quick) for name, numbers in variants.items())))


def _captured(place: str, chip: str = "trn2") -> str:
    return f"ntff-{chip}-{place}"


VECTOR = (f32(256000), f32(256000))
ADD = "vector_add_stream"


def _conv(sizes: tuple[int, int], dtype: str, pool: int = 1, file: str = "part2/conv2d.py") -> tuple[Launch, ...]:
    arguments = (Array(dtype, (1, 256, *sizes)), Array(dtype, (256, 256, 3, 3)), Array(dtype, (256,)))
    return (Launch(file, "fused_conv2d_maxpool", arguments, {"pool_size": pool}),)


SMALL, LARGE = (32, 16), (224, 224)


def _attention(variant: str, tokens: int, label: str, record: tuple[str, ...], kind: str | None = None) -> Kernel:
    """One of the two attention kernels; both are compared at the same tokens and type."""
    one = Array({"fp32": "float32", "bf16": "bfloat16"}[label], (128, tokens))
    name = {"fused": "fused", "baseline": "three passes"}[variant]
    return Kernel(f"{name}, {label}, {tokens} tokens", record,
                  (Launch(f"kernels/{variant}/attention.py", f"{variant}_attention", (one, one, one)),),
                  kind=kind, problem=f"{label} {tokens}", quick=tokens <= 1024)


def _attention_capture(variant: str, tokens: int, label: str, *more: str) -> Kernel:
    name = f"allenkchau_trainium_kernel_fusion_profiling_artifacts_{variant}_{label}_s{tokens}_{variant}_exec_2"
    return _attention(variant, tokens, label, tuple(map(_captured, (name, *more))))


def _mlp(variant: str, number: int, sizes: tuple[int, int, int], label: str) -> Kernel:
    """GEMM and GELU, fused or as two kernels."""
    m, k, n = sizes
    dtype = {"fp32": "float32", "bf16": "bfloat16"}[label]
    arguments = (Array(dtype, (k, m)), Array(dtype, (k, n)), Array(dtype, (1, n)))
    launches = ((Launch("kernels/baseline/mlp_gemm.py", "gemm_kernel", arguments),
                 Launch("kernels/baseline/mlp_gemm.py", "gelu_kernel", (Array(dtype, (m, n)),))) if variant == "two kernels" else
                (Launch("kernels/fused/mlp.py", f"fused_mlp_{variant}", arguments),))
    return Kernel(f"{variant}, {label}, {m} x {k} x {n}", (f"allenkchau-trn2-mlp-{number:02}",), launches,
                  problem=f"{label} {m} {k} {n}", quick=m <= 512)


MLP_SIZES = ((128, 128, 512), (256, 512, 1024), (512, 1024, 2048), (1024, 2048, 4096), (2048, 4096, 4096))
MLP = tuple(_mlp(variant, 15 * of_type + 3 * size + of_size, MLP_SIZES[size], label)
            for of_type, label in enumerate(("fp32", "bf16")) for size in range(5)
            for of_size, variant in enumerate(("two kernels", "pwl", "taylor")))

MATMUL_2048 = (bf16(2048, 2048), bf16(2048, 2048))
EXAMPLES = "src/neuron_agentic_development/artifacts/evals/neuron-nki-agent/examples"


def _aws(problem: str, record: str, base: str, file: str, function: str, *arguments: Array | int | float,
         quick: Iterable[str] = ()) -> Family:
    """AWS's baseline of one problem and its five builds; `*` in names is the build's."""
    folder = f"{EXAMPLES}/{problem}/optimization/iterations"
    names = {"base": base, **{f"v{number}": file.replace("*", f"v{number}") for number in range(1, 6)}}
    functions = {name: function.replace("*", "direct" if name == "base" else name) for name in names}
    return Family(f"aws {record}", AWS, "profiler total", tuple(
        Kernel(name, (f"aws-nki2-trn2-{record}-{name}",), (Launch(f"{folder}/{path}", functions[name], arguments),),
               quick=name in quick) for name, path in names.items()), Group.SECOND_GENERATION, generation=2)


#: Tokens, model, experts' inner size, experts and experts of a token: Qwen3's shapes with one token.
MOE = (bf16(1, 2048), bf16(128, 2048, 512), bf16(128, 256, 2048), i32(1, 8), f32(1, 8))


def _moe(name: str, file: str, *more: str, repository: Repository | None = None, quick: bool = True) -> Kernel:
    return Kernel(name, (*more, f"kev-trn2-moe_tkg-{name}"),
                  (Launch(f"kernels/moe_tkg/agents/{name}_{file}.py", f"nki_moe_{name}", MOE),), repository=repository, quick=quick)


def _trn1_add(tile: str, free: int) -> Kernel:
    """The course's kernel as four students had it, all alike."""
    places = ("Ericcsr_asst4_trainium", "Yousef02_149_asst4_trainium", "ichuniq_asst4_trainium", "waahm7_asst4_trainium")
    return Kernel(f"tiles of {free}", tuple(_captured(f"{place}_part1_stream_256k_{tile}", "trn1") for place in places
                                            if (place, free) != ("ichuniq_asst4_trainium", 2000)),
                  (Launch("part1/kernels.py", ADD, VECTOR, replace=("FREE_DIM = 1000", f"FREE_DIM = {free}")),), quick=True)


FAMILIES: tuple[Family, ...] = (
    Family("cs149 vector add", CHENG_LAST, "span", tuple(
        Kernel(f"tiles of {free}", tuple(_captured(f"{place}_part1_stream_256k_{tile}") for place in (
            "Ni2002ka_asst4_trainium2", "chengli2003_asst4_trainium2", "chenhzhu_asst4_trainium2")),
            (Launch("part1/kernels.py", ADD, VECTOR, replace=("FREE_DIM = 1000", f"FREE_DIM = {free}")),), quick=True)
        for tile, free in (("fd1k", 1000), ("fd2k", 2000)))),
    Family("cs149 transpose", CHENG_LAST, "span", tuple(
        Kernel(name, (_captured(record),), (Launch("part1/kernels.py", "matrix_transpose", (f32(1024, 1024),)),),
               repository=repository, quick=True) for name, record, repository in (
            ("chengli2003's", "chengli2003_asst4_trainium2_part1_transpose_1024", CHENG_LAST),
            ("chenhzhu's", "chenhzhu_asst4_trainium2_part1_transpose_1024", CHENHZHU),
            ("Ni2002ka's", "Ni2002ka_asst4_trainium2_part1_transpose1024", NI)))),
    # Which commit a capture is of follows from its instruction and DMA counts: one before the commit that it came with.
    Family("chengli2003 conv2d", CHENG_LAST, "span", tuple(
        Kernel(f"{step}, {label}{place}", (_captured(f"chengli2003_asst4_trainium2_part2_conv2d_{record}"),),
               _conv(sizes, {"fp16": "float16", "fp32": "float32"}[label]), problem=f"{label} {sizes}", repository=repository,
               quick=sizes == SMALL)
        for step, label, place, record, sizes, repository in (
            ("first", "fp16", "", "1_float16_smaller", SMALL, CHENG_FIRST),
            ("first", "fp32", "", "1_float32_smaller", SMALL, CHENG_FIRST),
            ("first", "fp16", ", 224 x 224", "2_float16", LARGE, CHENG_FIRST),
            ("third", "fp16", "", "3_float16_smaller", SMALL, CHENG_SECOND),
            ("third", "fp32", "", "3_float32_smaller", SMALL, CHENG_SECOND),
            ("fourth", "fp16", "", "4_float16_smaller", SMALL, CHENG_THIRD),
            ("fourth", "fp32", "", "4_float32_smaller", SMALL, CHENG_THIRD),
            ("last", "fp16", "", "5_float16_smaller", SMALL, CHENG_LAST),
            ("last", "fp32", "", "5_float32_smaller", SMALL, CHENG_LAST)))),
    Family("chenhzhu conv2d", CHENHZHU, "span", tuple(
        Kernel(f"{label}, pool {pool}, {sizes[0]} x {sizes[1]}",
               (_captured(f"chenhzhu_asst4_trainium2_part2_profile_{record}"),),
               _conv(sizes, {"fp16": "float16", "fp32": "float32"}[label], pool), problem=f"{label} {pool} {sizes}",
               quick=sizes == SMALL)
        for label, pool, record, sizes in (
            ("fp16", 1, "final_float16", LARGE), ("fp16", 1, "final_float16_smaller", SMALL),
            ("fp32", 1, "final_float32_smaller", SMALL), ("fp16", 2, "final_pool_float16", LARGE),
            ("fp16", 2, "final_pool_float16_smaller", SMALL), ("fp32", 2, "final_pool_float32_smaller", SMALL)))),
    Family("xaviergonzalez vector add", XAVIER, "benchmark", (
        Kernel("tiles of 1", ("asst4-trn2-xavier-tiled1",), (Launch(
            "part1/kernels.py", "vector_add_tiled", (f32(25600), f32(25600)), replace=("ROW_CHUNK = 256", "ROW_CHUNK = 1")),)),
        Kernel("tiles of 128", ("asst4-trn2-xavier-tiled128",), (Launch(
            "part1/kernels.py", "vector_add_tiled", (f32(25600), f32(25600)), replace=("ROW_CHUNK = 256", "ROW_CHUNK = 128")),),
            quick=True),
        Kernel("tiles of 128 x 2", ("asst4-trn2-xavier-stream2",), (Launch(
            "part1/kernels.py", ADD, (f32(25600), f32(25600)), replace=("FREE_DIM = 1000", "FREE_DIM = 2")),), quick=True)),
        descriptors="generated"),
    Family("xaviergonzalez transpose", XAVIER, "benchmark", (
        Kernel("1024 x 1024", ("asst4-trn2-xavier-tr1024",),
               (Launch("part1/kernels.py", "matrix_transpose", (f32(1024, 1024),)),), quick=True),), descriptors="generated"),
    # Its records have a profiler's utilisation, and the harness profiles with --disable-dge alone.
    Family("xaviergonzalez conv2d", XAVIER, "benchmark", tuple(
        Kernel(f"{label}, pool {pool}", (f"asst4-trn2-xavier-conv-{label}-p{pool}",),
               _conv(LARGE, {"fp16": "float16", "fp32": "float32"}[label], pool), problem=label)
        for label in ("fp32", "fp16") for pool in (1, 2))),
    Family("kernel-fusion attention", FUSION, "span", (
        _attention_capture("baseline", 512, "fp32", "allenkchau_trainium_kernel_fusion_profiling_baseline_attention_baseline_exec_2"),
        _attention_capture("baseline", 512, "bf16"),
        _attention_capture("fused", 512, "fp32", "allenkchau_trainium_kernel_fusion_profiling_fused_attention_fused_exec_2"),
        _attention_capture("fused", 512, "bf16"),
        *(_attention_capture(variant, 1024, label) for variant in ("baseline", "fused") for label in ("fp32", "bf16")),
        *(_attention(variant, tokens, label, (f"allenkchau-trn2-attention-{number:02}",), kind="benchmark")
          for number, variant, tokens, label in (
              (4, "baseline", 2048, "fp32"), (5, "fused", 2048, "fp32"), (6, "baseline", 4096, "fp32"), (7, "fused", 4096, "fp32"),
              (12, "baseline", 2048, "bf16"), (13, "fused", 2048, "bf16"), (14, "baseline", 4096, "bf16"),
              (15, "fused", 4096, "bf16")))), descriptors="generated"),
    Family("kernel-fusion gemm and gelu", FUSION, "benchmark", MLP, descriptors="generated"),
    _kda("silu", {"silu_v1": (1,), "silu_v2_k2": (2,), "silu_v2_k3": (3,), "silu_v2_k4": (4,), "silu_v2_pingpong": (5,),
                  "silu_v3_s2": (6,), "silu_v3_s4": (7,), "silu_v3_s7": (8,), "silu_v3_s8": (9,), "silu_v3_s7_nested": (10,)},
         kinds={"silu_v2_k3": "device p50", "silu_v2_pingpong": "device p50"}, quick=("silu_v1", "silu_v2_k4")),
    _kda("rope_single_freq_apply", {
        "rope_v1": (1,), "rope_v2_layoutB_scalar": (2,), "rope_v2_layoutB_scalar_w512": (3,), "rope_v2_layoutB_scalar_w1024": (4,),
        "rope_v2_layoutB_scalar_w4096": (5,), "rope_v1_w512": (6,), "rope_v1_w1024": (7,), "rope_v1_w4096": (8,),
        "rope_v3_layoutB_pe": (9,), "rope_v3_layoutB_pe_w256": (10,), "rope_v3_layoutB_pe_w128": (11,),
        "rope_v2_layoutB_scalar_w256": (12,)}, quick=("rope_v1_w4096",)),
    _kda("matmul", {"matmul_v1": (1,), "matmul_v2_b2": (2,), "matmul_v2_b4": (3, 5, 7), "matmul_v2_b8": (4,), "matmul_v2_b16": (6,),
                    "matmul_v3_bf16_split": (8,)}),
    _kda("adamw", {"adamw_v1": (1,), "adamw_v2_ch1024": (2,), "adamw_v2_ch1536": (3,), "adamw_v2_ch1216": (4, 6),
                   "adamw_v2_ch1152": (5,), "adamw_v2_ch1368": (7,), "adamw_v2_ch912": (8,), "adamw_v2_ch768": (9,),
                   "adamw_v2_ch684": (10,), "adamw_v2_ch608": (11,), "adamw_v2_ch576": (12,), "adamw_v2_ch512": (13,),
                   "adamw_v2_ch1824": (14, 16), "adamw_v2_ch2304": (15,)}, quick=("adamw_v2_ch2304",)),
    _kda("mamba", {"mamba_v1": (1,), "mamba_v2a": (2,), "mamba_v2": (3,), "mamba_v3": (4,), "mamba_v2_w256": (5,),
                   "mamba_v2_w448": (6,), "mamba_v2_w896": (7,), "mamba_v2_w1024": (8,), "mamba_v4": (9,),
                   "mamba_v4_s4unroll": (10, 11)}, quick=("mamba_v1",)),
    _kda("bmm", {"bmm_v1": (1, 2), "bmm_probe_bf16_calib": (4,), "bmm_d1_stage_a_g2": (5,), "bmm_d1_stage_b_g2": (6,),
                 "bmm_d1_stage_b_g4": (7,), "bmm_d1_wide1024": (8,), "bmm_d1_twophase": (9,), "bmm_d1_twophase_m16": (10,),
                 "bmm_v2": (11, 15, 18), "bmm_v2_d2_loadtranspose": (12, 13, 14), "bmm_d1_bblk2": (16,), "bmm_d1_bblk4": (17,)},
         baseline_numbers=(3,), quick=("bmm_v1", "bmm_v2")),
    _kda("gqa_full", {"gqa_full_v1": (1,), "gqa_full_v2_twophase": (2,), "gqa_full_v3a_scalefold": (3,),
                      "gqa_full_v3b_defernorm": (4,), "gqa_full_v3c_scalefold_defernorm": (5,), "gqa_full_v4_msub1": (6,),
                      "gqa_full_v4_msub2": (7,), "gqa_full_v4_msub4": (8,), "gqa_full_v4_msub8": (9,),
                      "gqa_full_v5_scoresplit": (10,), "gqa_full_v6_nomax": (11,), "gqa_full_v7a_exp_from_psum": (12,),
                      "gqa_full_v7b_fused_rowsum": (13,), "gqa_full_v7a_msub1": (14,), "gqa_full_v7a_msub4": (15,),
                      "gqa_full_v8_ctxsplit": (16,)}),
    _kda("matmul_add_rmsnorm", {
        "matmul_add_rmsnorm_v1": (1,), "matmul_add_rmsnorm_v2_bf16_split": (3,), "matmul_add_rmsnorm_v2_psum_split": (4,),
        "matmul_add_rmsnorm_v3_stationary_reorder": (5,), "matmul_add_rmsnorm_v4_stationary_reorder_2bank": (6,)}, baseline=False,
        quick=("matmul_add_rmsnorm_v1",)),
    Family("nki-autotune matmul 2048", AUTOTUNE, "utilisation", (
        Kernel("by hand, lhsT", ("autotune-trn2-lhsT_rhs-hand90",), (Launch(
            "kernel_library/matmul/lhsT_rhs/kernel_hand_90.92mfu.py", "matmul_lhsT_rhs_nkigym", MATMUL_2048),), problem="lhsT",
            quick=True),
        Kernel("by hand, lhs", ("autotune-trn2-lhs_rhs-hand89",), (Launch(
            "kernel_library/matmul/lhs_rhs/kernel_handtuned_89.26mfu.py", "matmul_lhs_rhs_nkigym", MATMUL_2048),), problem="lhs",
            quick=True),
        Kernel("one bank", ("autotune-trn2-ladder-single_bank",), (Launch(
            "examples/tune_matmul_lhsT_rhs.py", "nki_f_nkigym", MATMUL_2048, steps=4),), problem="lhsT", quick=True),
        Kernel("two banks, skewed", ("autotune-trn2-ladder-skewed",), (Launch(
            "examples/tune_matmul_lhsT_rhs.py", "nki_f_nkigym", MATMUL_2048, steps=5),), problem="lhsT", quick=True),
        Kernel("loads in the inner loop", ("autotune-trn2-ladder-sunk",), (Launch(
            "kernel_transforms.py", "kernel_14", MATMUL_2048),), problem="lhsT", quick=True)), generation=2),
    Family("megakernel moe_tkg", MEGAKERNEL_V6, "profiler total", (
        _moe("v5", "token_parallel_tkg", repository=MEGAKERNEL_V5), _moe("v5a", "coalesce_gateup_dma"),
        _moe("v5b", "widen_down_matmul"), _moe("v5c", "batch_routing_weights"), _moe("v6a", "widen_down_on_v5a"),
        _moe("v6b", "coalesce_down_dma", _captured("KevGomes1403_nki_moe_megakernel_kernels_moe_tkg_agents_profile_v6b_exec_2")),
        _moe("v6c", "transpose_gateup")), generation=2),
    Family("cs217 scatter and gather", GRAPHS, "profiler total", (
        Kernel("scatter_add", ("joshdelg-trn2-avg-scatter_add",), (Launch(
            "experiments/scatter_add/run_nki.py", "scatter_add_nki", (f32(131072, 64),)),), problem="scatter", quick=True),
        Kernel("gather_mean", ("joshdelg-trn2-avg-graphsage_gather_scatter_mean",), (Launch(
            "experiments/graphsage_gather_scatter_mean/run_nki.py", "gather_mean_nki",
            (f32(4096, 64), i32(131072), f32(131072), f32(4096))),), problem="gather")), descriptors="generated"),
    _aws("gelu", "gelu", "gelu_nki_kernels.py", "gelu_*.py", "gelu_kernel", f32(2048, 8192), quick=("base", "v4", "v5")),
    _aws("matmul_subtract_multiply_relu", "matmul_subtract_multiply_relu", "matmul_subtract_multiply_relu_kernel.py",
         "matmul_subtract_multiply_relu_*.py", "matmul_subtract_multiply_relu_kernel", bf16(4096, 256), bf16(4096, 4096),
         bf16(1, 4096), 2.0, 1.5, quick=("base", "v2", "v4")),
    _aws("matmul", "matmul_bt", "matmul_bt_kernel.py", "matmul_bt_*.py", "matmul_bt_kernel", f16(2048, 8192), f16(4096, 8192)),
    _aws("rms_fused_qkv", "rms_fused_qkv", "rms_fused_qkv_baseline.py", "rms_fused_qkv_*.py", "rms_fused_qkv_kernel",
         f32(256, 2048), f32(2048, 1024), quick=("base", "v1", "v3", "v5")),
    _aws("conv2d_scaling_min", "conv2d_scaling_min", "conv2d_scale_min_baseline.py", "conv2d_scale_min_*.py", "conv2d_scale_min_*",
         f16(8, 64, 4096), f16(9, 64, 128), 2.0, 8, 64, 128, 64, 64, 3, quick=("v4",)),
    *(Family(f"NKIBench {problem} on trn1", ACCELOPT, "profiler total", (
        Kernel("NKIBench's", (f"accelopt-trn1-baseline-{problem}",), (_nkibench(problem),)),), Group.TRN1, hardware="trn1")
      for problem in BASELINES),
    Family("cs149 vector add on trn1", ERIC, "profiler total", (_trn1_add("fd1k", 1000), _trn1_add("fd2k", 2000)), Group.TRN1,
           hardware="trn1"),
)

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(("kda-trn2-baseline-matmul_add_rmsnorm",), "its time is three times trn1's for the same source and it has no counters"),
    LeftOut(("kda-trn2-matmul_add_rmsnorm-02",), "no source: the variant is not in its repository"),
    LeftOut((_captured("chengli2003_asst4_trainium2_part2_conv2d_2_float16_smaller"),
             _captured("chengli2003_asst4_trainium2_part2_conv2d_2_float32_smaller")),
            "no source: counts are the first step's, times are 1 and 3 % off it; what changed is between two commits"),
    LeftOut(("asst4-trn2-xavier-stream200", "asst4-trn2-xavier-fd2k", "asst4-trn2-xavier-fd1k"),
            "whole microseconds below 50 with a launch of 4 to 10 inside"),
    LeftOut(tuple(f"allenkchau-trn2-attention-{number:02}" for number in (0, 1, 2, 3, 8, 9, 10, 11)),
            "captured as well: the capture's span counts"),
    LeftOut(("asst4-trn2-threshold-*", "nkisamples-threshold-*"), "a limit of a test, not a measured time"),
    LeftOut(("autotune-trn2-lhsT-compiler", "autotune-trn2-lhs-compiler", "autotune-trn2-ladder-compiler-2026-06-06"),
            "no source: the compiler's own kernel of a NumPy function"),
    LeftOut(("autotune-trn2-ladder-rotate_only", "autotune-trn2-ladder-streaming"), "no source: the repository does not say how it is made"),
    LeftOut(("autotune-trn2-rmsnorm_matmul", "autotune-trn2-attention_cte-*"), "no time: a rounded utilisation"),
    LeftOut(("joshdelg-trn2-graphsage_*", "joshdelg-trn2-scatter_add_*"),
            "no kernel: operators of PyTorch, or a graph that moves 16 bytes"),
    LeftOut(("joshdelg-trn2-avg-gcn_nki", "joshdelg-trn2-avg-gin_nki"), "the time is of kernels and PyTorch's operators together"),
    LeftOut(("yahavb-trn2-*",), "no source: operators of PyTorch, wall-clock times"),
    LeftOut(("smallattn-trn2-*",), "no source: the repository is not known"),
    LeftOut(("zml-inf2-*", "pantheon-trn1-*"), "no source: the repository cannot be had"),
    LeftOut(("neuronmm-trn1-*", "trnfft-trn1-*"), "wall-clock times of the host"),
)


def family(name: str) -> Family:
    """The family of a name, or the only one that has it as a part."""
    exact = [one for one in FAMILIES if one.name == name]
    found = exact or [one for one in FAMILIES if name in one.name]
    if len(found) != 1:
        raise KeyError(f"{'several families are' if found else 'no family is'} called '{name}': " +
                       ", ".join(one.name for one in found or FAMILIES))
    return found[0]


def reason_left_out(record: str) -> str | None:
    """Why a record is not run, if the table says so."""
    return next((one.reason for one in LEFT_OUT if one.covers(record)), None)


def kernels_by_record() -> dict[str, tuple[Family, Kernel]]:
    """The kernel of each record."""
    found: dict[str, tuple[Family, Kernel]] = {}
    for one in FAMILIES:
        for kernel in one.kernels:
            for record in kernel.records:
                if record in found:
                    raise ValueError(f"record '{record}' is of two kernels")
                found[record] = (one, kernel)
    return found


__all__ = ["FAMILIES", "LEFT_OUT", "family", "kernels_by_record", "reason_left_out"]
