using Orchestrator.Bench;
using Orchestrator.Bench.Corpora;
using Orchestrator.Bench.Engine;

return args switch
{
    ["step", .. var rest] => StepBenchmark.Run(rest),
    ["generate", .. var rest] => GenerateBenchmark.Run(rest),
    ["operators", .. var sizes] => OperatorBenchmark.Run(sizes),
    ["collectives", .. var rest] => Orchestrator.Bench.Collectives.CollectivesBenchmark.Run(rest),
    ["gpu"] => DeviceBenchmark.Run("cuda"),
    ["gpu", "--device", var device] => DeviceBenchmark.Run(device),
    ["corpus", .. var rest] => CorpusBenchmark.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench step [--gpt] [--threads N] [--steps N] [--warmup N] [--batch N] [--inputs N] [--targets N] [--d-model N] [--d-ff N] [--d-kv N]
                          [--heads N] [--layers N] [--vocabulary N] [--bf16] [--no-peer]
          One training step in one process, beside plain PyTorch at the same shapes (bench/peers/t5_pytorch.py, where /usr/bin/python3 has torch).
          With --gpt a rotary decoder and AdamW (bench/peers/gpt_pytorch.py): d 128, ff 512, 4 layers, 4 heads, vocabulary 896, batch 8, 128 tokens.
          Left out: d 256, ff 1024, 4 + 4 layers, 4 heads x 64, vocabulary 8192, batch 8, 256 + 64 tokens. Prints one JSON object a line.
               bench generate [the same options but --steps, --warmup, --bf16 and --no-peer]
          Greedy generation of --targets tokens after --inputs, with what was computed for earlier tokens kept and without, in one run.
               bench operators [SIZE...]
          Nanoseconds per tensor operator, one thread; bench/engine/run.sh prints them beside C++ and Python.
               bench collectives [--values N] [--rounds N]
          The canonical tree beside a plain ring all-reduce, at 2 and 4 ranks; bench/collectives.sh sets it in relation to real steps.
               bench gpu [--device cuda|cpu]
          The tensor operators and gradients checked on a device, their overhead, and matrix product rates; bench/gpu.sh runs it.
        """);
    return 2;
}
