using Orchestrator.Bench;

return args is ["step", .. var rest] ? StepBenchmark.Run(rest) : Usage();

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench step [--threads N] [--steps N] [--warmup N] [--layers N] [--bf16] [--no-peer]
          One training step in one process, beside plain PyTorch at the same shapes (bench/peers/t5_pytorch.py, if /usr/bin/python3 has torch):
          d 256, ff 1024, 4 + 4 layers, 4 heads x 64, vocabulary 8192, batch 8, 256 + 64 tokens, Adafactor. Prints one JSON object a line.
        """);
    return 2;
}
