using Orchestrator.Core;

namespace Orchestrator.Cli.Quickstart;

/// <summary>Where the quickstart finds real English text on a Debian machine.</summary>
internal static class TextSources
{
    /// <summary>Folders of documentation that Debian packages ship as HTML, with the package's name; the first that is there is taken.</summary>
    public static IReadOnlyList<(string Package, string Folder)> Known { get; } =
    [
        ("postgresql-doc-15", "/usr/share/doc/postgresql-doc-15/html"),
        ("postgresql-doc-17", "/usr/share/doc/postgresql-doc-17/html"),
        ("postgresql-doc-16", "/usr/share/doc/postgresql-doc-16/html"),
        ("python3.11-doc", "/usr/share/doc/python3.11/html"),
        ("python3.13-doc", "/usr/share/doc/python3.13/html"),
        ("debian-handbook", "/usr/share/doc/debian-handbook/html/en-US"),
        ("linux-doc-6.1", "/usr/share/doc/linux-doc-6.1/html"),
    ];

    /// <summary>The folder to take text from.</summary>
    /// <param name="named">The folder that the user named, or null.</param>
    /// <param name="exists">Whether a folder or file is there.</param>
    /// <exception cref="BadInputException">The named one is not there, or none of the known ones is.</exception>
    public static string Choose(string? named, Func<string, bool> exists)
    {
        if (named is not null)
        {
            return exists(named) ? Path.GetFullPath(named) : throw new BadInputException($"--text: {named} does not exist; name a folder of HTML or text files.");
        }

        return Known.Select(k => k.Folder).FirstOrDefault(exists)
            ?? throw new BadInputException($"No documentation to take text from is installed; install some with 'apt-get install {Known[0].Package}', or name a folder of HTML or text files with --text.");
    }
}
