using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>What training needs of a model, whatever its family. Not thread-safe.</summary>
public interface ILanguageModel : IDisposable
{
    /// <summary>The shapes.</summary>
    ResolvedModel Shape { get; }

    /// <summary>The weights and their gradients.</summary>
    FlatParameters Parameters { get; }

    /// <summary>Sets every weight to its initial value, a function of the seed and the weight's name.</summary>
    void Initialise(long seed);

    /// <summary>Adds the gradient of the batch's summed loss to the parameters' gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="loss">The loss of a token.</param>
    /// <param name="dropoutSeed">Key of the batch's dropout; two batches of one key drop the same places.</param>
    /// <returns>The sums over the batch's target tokens.</returns>
    LossSums ForwardBackward(TokenBatch batch, LossOptions loss, long dropoutSeed);

    /// <summary>The negative log-likelihood of every target token, without dropout; 0 where the target does not count.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="likeliest">[B x T]; gains the token that the model finds likeliest in the place of each target token that counts, the lowest of equals. Null: not wanted.</param>
    /// <returns>[B x T], row by row, in nats.</returns>
    float[] TokenLosses(TokenBatch batch, long[]? likeliest = null);
}
