namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A study: a grid of arms x models x seeds, whatever it is about.</summary>
/// <param name="Name">What people call it.</param>
public abstract record StudyPlan(string Name)
{
    /// <summary>The grid, seeds outermost, so that every arm has one result before any has two.</summary>
    public abstract IReadOnlyList<StudyCell> Cells { get; }

    /// <summary>What the scores of a result are called, in the order of <see cref="IStudyResult.Scores"/>.</summary>
    public abstract IReadOnlyList<string> Scores { get; }

    /// <summary>Its work.</summary>
    public abstract StudyGraph Graph();
}

/// <summary>One arm with one model and one seed.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Seed">Seed of the weights and of every order.</param>
public abstract record StudyCell(string Arm, string Model, int Seed)
{
    /// <summary>The name of its result: <c>single-small-seed1</c>.</summary>
    public virtual string Name => $"{Arm}-{Model}-seed{Seed}";
}

/// <summary>The result of a cell.</summary>
public interface IStudyResult
{
    /// <summary>The arm.</summary>
    string Arm { get; }

    /// <summary>The model's name.</summary>
    string Model { get; }

    /// <summary>The seed.</summary>
    int Seed { get; }

    /// <summary>What people call it, where digests stand beside it.</summary>
    string Title => $"{Arm} · {Model} · seed {Seed}";

    /// <summary>What the numbers came from, in order.</summary>
    IReadOnlyList<StageRecord> Stages { get; }

    /// <summary>What people look at first: the key of each score in JSON and its value, percent.</summary>
    IReadOnlyList<(string Key, double Value)> Scores { get; }

    /// <summary>Whether the model learned too little for the result to say anything.</summary>
    bool IsUnderTrained { get; }

    /// <summary>The text of its file.</summary>
    string ToJson();
}
