using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Cli.Studies;

/// <summary>Keys under which a coordinator knows a study's runs.</summary>
internal static class StudyKeys
{
    /// <summary>The key of a spec in a folder: the same submitted again is the same run, a changed one another, which goes on in the folder.</summary>
    public static string Of(string folder, string specYaml) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder + "\n" + specYaml)))[..16];
}
