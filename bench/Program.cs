using Orchestrator.Bench;

return args is ["step", .. var rest] ? StepBenchmark.Run(rest) : Usage();

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench step [--threads N] [--steps N] [--warmup N] [--batch N] [--inputs N] [--targets N] [--d-model N] [--d-ff N] [--d-kv N]
                          [--heads N] [--layers N] [--vocabulary N] [--bf16] [--no-peer]
          One training step in one process, beside plain PyTorch at the same shapes (bench/peers/t5_pytorch.py, where /usr/bin/python3 has torch).
          Left out: d 256, ff 1024, 4 + 4 layers, 4 heads x 64, vocabulary 8192, batch 8, 256 + 64 tokens. Prints one JSON object a line.
        """);
    return 2;
}
