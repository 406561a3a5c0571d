namespace FunctionsApi.Tests.Api;

/// <summary>The APIs under test: alone in this process, or as a worker behind a Functions host.</summary>
public interface IRunningApi
{
    Uri Address { get; }

    /// <summary>Whether its clock stands still at the time in the files of Contracts/.</summary>
    bool HasTimeOfContracts { get; }

    /// <summary>A key of the tenant acme; the same each time that the same one is asked for.</summary>
    /// <param name="user">The tenant's user that has it.</param>
    /// <param name="inference">Its plan; null has no subscription.</param>
    /// <param name="agents">Its plan; null has no subscription.</param>
    Task<string> KeyAsync(string user, string? inference = null, string? agents = null);

    /// <summary>An answer without what is the host's own, and without what the time changes where that goes on.</summary>
    /// <param name="answer">A line that says the status, headers, an empty line, and the body.</param>
    string Comparable(string answer);
}
