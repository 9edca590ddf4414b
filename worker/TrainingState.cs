using System.Runtime.InteropServices;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Remote;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Knowledge;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using Orchestrator.Training.Optim;
using TorchSharp;

namespace Orchestrator.Worker;

/// <summary>A run as this worker holds it between steps: weights, optimizer, position, and the input being prepared. Outlives generations.</summary>
/// <remarks>Owned by the training thread; only <see cref="At"/> may be read from others.</remarks>
internal sealed class TrainingState : IDisposable
{
    private readonly TrainingData _data;
    private readonly string _specDigest;
    private readonly AdapterWeights? _adapter;

    // What is saved and digested: all weights or, of an adaptation, what it trains. And the weights without the adaptation.
    private readonly IReadOnlyList<TensorView> _weights;
    private readonly IReadOnlyList<TensorView> _base;
    private readonly IReadOnlyList<TensorView> _optimizerState;
    private volatile StepState? _at;
    private ProbeTokens? _questions;

    private TrainingState(Assignment assignment, RunSpec spec, TrainingData data)
    {
        RunId = assignment.RunId;
        RunFolder = assignment.OutDir;
        CheckpointRoot = Path.Combine(assignment.OutDir, CheckpointNames.Root);
        Spec = spec;
        _data = data;
        Shape = ResolvedModel.From(spec.Model, data.Tokenizer.VocabularySize);
        Model = LanguageModels.Create(Shape, precision: spec.Workers.Precision, adaptation: Adaptation.Of(spec.Model, Shape));
        _adapter = spec.Model.Lora is null ? null : new AdapterWeights(Parameters, Shape);
        Optimizer = OptimizerFactory.Create(Model.Parameters, spec.Optimizer);
        _specDigest = SpecDigest.Of(spec, data.Fingerprint);
        _base = [.. Parameters.WeightViews.Where(view => !LowRankShape.IsUpdate(view.Name))];
        _weights = _adapter?.Views ?? Parameters.WeightViews;
        _optimizerState = Optimizer.StateViews;
        Input = new InputPipeline(data.Train);
    }

    /// <summary>The run.</summary>
    public string RunId { get; }

    /// <summary>Its spec.</summary>
    public RunSpec Spec { get; private set; }

    /// <summary>The model's shapes.</summary>
    public ResolvedModel Shape { get; }

    /// <summary>The model.</summary>
    public ILanguageModel Model { get; }

    /// <summary>Weights and gradients.</summary>
    public FlatParameters Parameters => Model.Parameters;

    /// <summary>The optimizer and its state.</summary>
    public IOptimizer Optimizer { get; }

    /// <summary>Training input, prepared ahead.</summary>
    public InputPipeline Input { get; }

    /// <summary>Training input, made when asked for.</summary>
    public IMicrobatchSource Training => _data.Train;

    /// <summary>Validation input; its samples are always those of epoch 0.</summary>
    public IMicrobatchSource Validation => _data.Validation;

    /// <summary>Sentences about the data that people should know.</summary>
    public IReadOnlyList<string> Notes => Questions?.Probe.Note is { } note ? [.. _data.Notes, note] : _data.Notes;

    /// <summary>Has news told about stores of tokens that are waited for; they may come from any thread. Replaces who was told before.</summary>
    public void OnWaiting(Action<StoreNews> tell) => _data.OnWaiting(tell);

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer => _data.Tokenizer;

    /// <summary>The questions that the run is asked, or null.</summary>
    public ProbeTokens? Questions => _questions ??= ProbeTokens.Of(Spec, Tokenizer);

    /// <summary>The model, where it writes texts.</summary>
    /// <exception cref="BadInputException">Its family does not.</exception>
    public IGenerativeModel Generator => Model as IGenerativeModel ?? throw new BadInputException("evaluation: this family of models does not generate text; measure the loss.");

    /// <summary>The run's folder.</summary>
    public string RunFolder { get; }

    /// <summary>The folder of the run's checkpoints.</summary>
    public string CheckpointRoot { get; }

    /// <summary>The newest step that is known to be saved, or -1.</summary>
    public long SavedStep { get; set; } = -1;

    /// <summary>Target tokens of a row.</summary>
    public int TargetLength => _data.Train.TargetLength;

    /// <summary>What the evaluations up to <see cref="Step"/> have come to.</summary>
    public EvaluationRecord Evaluations { get; set; }

    /// <summary>Whether the best evaluation's checkpoint is to be kept, and this is it and not saved yet.</summary>
    public bool HoldsUnsavedBest => Spec.Evaluation.KeepsBest && Evaluations.IsBest && Evaluations.Step == Step && SavedStep != Step;

    /// <summary>Whether the best evaluation's checkpoint is to be kept, is of an earlier step, and does not stand: whoever wrote it was lost.</summary>
    public bool LacksBest => Spec.Evaluation.KeepsBest && Evaluations.BestStep > 0 && Evaluations.BestStep < Step
        && !File.Exists(Path.Combine(CheckpointRoot, CheckpointNames.Folder(Evaluations.BestStep), CheckpointManifest.FileName));

    /// <summary>Steps done.</summary>
    public long Step => _at?.Step ?? 0;

    /// <summary>Steps done and the digest of the weights after them; null while there are no weights. May be read from any thread.</summary>
    public StepState? At => _at;

    /// <summary>Prepares a run: opens its corpus, builds its model. There are no weights yet.</summary>
    /// <exception cref="BadInputException">The spec or the corpus cannot be used.</exception>
    public static TrainingState Create(Assignment assignment)
    {
        var spec = ReadSpec(assignment);
        torch.set_num_threads(spec.Workers.Threads);
        Kernels.Threads = spec.Workers.Threads;
        var data = TrainingData.Open(spec);
        try
        {
            return new TrainingState(assignment, spec, data);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Takes over what may change between generations: how long the run is and when it saves and measures.</summary>
    public void Adopt(Assignment assignment)
    {
        var (metric, knowledge) = (Spec.Evaluation.Metric, Spec.Evaluation.Knowledge);
        Spec = ReadSpec(assignment);
        _questions = Spec.Evaluation.Knowledge == knowledge ? Questions : ProbeTokens.Of(Spec, Tokenizer);
        Input.Clear();
        if (Spec.Evaluation.Metric != metric)
        {
            Evaluations = default;
        }
    }

    /// <summary>Computes a microbatch's gradient into the flat gradient buffer, over whatever was there.</summary>
    /// <returns>The summed loss of its target tokens, nats: what is reported, and what is minimised.</returns>
    public LossSums ForwardBackward(TokenBatch batch, long seed)
    {
        using var scope = torch.NewDisposeScope();
        Parameters.ZeroGradients();
        var loss = Model.ForwardBackward(batch, LossOptions.Of(Spec.Loss), seed);
        Parameters.DropStrayGradients();
        return loss;
    }

    /// <summary>The batch's loss over the target tokens that are neither sentinels nor padding.</summary>
    /// <returns>Sum in nats, and the number of tokens.</returns>
    public (double Loss, long Tokens) Measure(TokenBatch batch)
    {
        using var scope = torch.NewDisposeScope();
        var losses = Model.TokenLosses(batch);
        double loss = 0;
        long tokens = 0;
        for (var i = 0; i < losses.Length; i++)
        {
            if (batch.Counts(i) && batch.Targets[i] < Tokenizer.PieceCount)
            {
                loss += losses[i];
                tokens++;
            }
        }

        return (loss, tokens);
    }

    /// <summary>A metric of the answers to held-out questions, measured by all ranks together.</summary>
    /// <returns>The value and the number of questions.</returns>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public (double Value, long Questions) MeasureAnswers(ICommunicator communicator)
    {
        using var scope = torch.NewDisposeScope();
        return AnswerEvaluation.Measure(new TextGenerator(Generator, Tokenizer), _data.Questions!, Spec.Evaluation.Metric, Spec.Evaluation.Limit, communicator);
    }

    /// <summary>The weights, each tensor by its name.</summary>
    public IReadOnlyList<TensorView> Weights => _weights;

    /// <summary>Takes the newest whole checkpoint or, where there is none, the weights that the spec starts from.</summary>
    /// <param name="warn">Gets a sentence for each checkpoint that is damaged.</param>
    /// <param name="newest">Checkpoints of later steps are left alone.</param>
    /// <returns>Whether there was a checkpoint.</returns>
    /// <exception cref="BadInputException">The checkpoints belong to another spec.</exception>
    public unsafe bool LoadOrInitialise(Action<string> warn, long newest = long.MaxValue)
    {
        if (TryLoad(warn, newest))
        {
            return true;
        }

        NativeMemory.Clear(Optimizer.State, (nuint)Optimizer.StateLength * sizeof(float));
        Model.Initialise(Spec.Seed);
        StartFromOther(warn);
        Settle(0);
        Evaluations = default;
        return false;
    }

    /// <summary>Takes the newest whole checkpoint of some steps. Where there is none, what is held stays.</summary>
    /// <param name="warn">Gets a sentence for each checkpoint that is damaged.</param>
    /// <param name="newest">Checkpoints of later steps are left alone.</param>
    /// <param name="after">So are those of this step and before.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="BadInputException">The checkpoints belong to another spec.</exception>
    public bool TryLoad(Action<string> warn, long newest = long.MaxValue, long after = -1)
    {
        using var checkpoint = CheckpointCatalog.OpenNewest(CheckpointRoot, _specDigest, warn, newest, after);
        if (checkpoint is null)
        {
            return false;
        }

        Drop();
        if (_adapter is not null)
        {
            StartFromOther(warn);
        }

        checkpoint.CopyModel(_weights);
        _adapter?.Push();
        checkpoint.CopyOptimizer(_optimizerState);
        Settle(checkpoint.Manifest.Step);
        SavedStep = checkpoint.Manifest.Step;
        Evaluations = checkpoint.Manifest.Evaluation is { } evaluation && evaluation.Metric == Spec.Evaluation.Metric ? evaluation.Record : default;
        return WeightsDigest.Text(_at!.WeightsDigest) == checkpoint.Manifest.WeightsDigest
            ? true
            : throw new RunFaultException($"The weights of the checkpoint {checkpoint.Folder} do not have the digest of its manifest.");
    }

    // The weights of another checkpoint over the seed's, where the spec names one.
    private void StartFromOther(Action<string> warn)
    {
        if (Spec.Model.StartFrom is not { } folder)
        {
            return;
        }

        using var start = CheckpointCatalog.Open(folder, specDigest: null, warn);
        start.CopyModel(_base);
        if (WeightsDigest.Text(WeightsDigest.Of(_base)) != Spec.Model.StartDigest)
        {
            throw new BadInputException($"model.start_from: the weights in {folder} do not have the digest {Spec.Model.StartDigest} that the spec was read with; bring those weights back, or start another run.");
        }
    }

    /// <summary>What is saved of the present state.</summary>
    public CheckpointContent ToCheckpoint()
    {
        var done = Step * Spec.Batch.Microbatches * Spec.Batch.Microbatch;
        return new CheckpointContent
        {
            Step = Step,
            Cursor = new CheckpointCursor(done / Input.SampleCount, done % Input.SampleCount),
            SpecDigest = _specDigest,
            Shape = Shape,
            Model = _weights,
            AdapterConfig = Spec.Model is { Lora: { } lora, StartFrom: { } folder } ? AdapterConfig.Write(lora, Parameters.Updates, Shape, folder) : null,
            BaseDigest = Spec.Model.Lora is null ? null : Spec.Model.StartDigest,
            Optimizer = _optimizerState,
            Vocabulary = _data.VocabularyFile,
            Evaluation = Spec.Evaluation.KeepsBest ? new CheckpointEvaluation(Spec.Evaluation.Metric, Evaluations) : null,
        };
    }

    /// <summary>The weights are those after this many steps.</summary>
    public void Settle(long step)
    {
        _adapter?.Pull();
        _at = new StepState { Step = step, WeightsDigest = WeightsDigest.Of(_weights) };
    }

    /// <summary>The weights are in between states and must not be used.</summary>
    public void Drop() => _at = null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The threads of the input may wait for a store.
        _data.StopWaiting();
        Input.Dispose();
        Optimizer.Dispose();
        _adapter?.Dispose();
        Model.Dispose();
        _data.Dispose();
    }

    private static RunSpec ReadSpec(Assignment assignment)
    {
        var result = SpecReader.Read(assignment.SpecYaml, "run.yaml");
        return result.Spec ?? throw new BadInputException($"The coordinator sent a spec that this worker cannot read: {string.Join("; ", result.Errors)}");
    }
}
