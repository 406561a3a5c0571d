using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Operations__…</c>.</summary>
internal sealed record OperationsOptions
{
    public const string Section = "Operations";

    public const int MinKeyLength = 16;

    /// <summary>What opens the operations page: at least <see cref="MinKeyLength"/> visible ASCII characters. Null: there is no such page.</summary>
    public string? Key { get; set; }
}

/// <summary>Refuses a key that could be guessed, or that no header can carry.</summary>
internal sealed class OperationsOptionsValidator : IValidateOptions<OperationsOptions>
{
    // Not what it is: it is a secret.
    private const string Mistake = "Operations__Key is too short, or has characters that a header cannot carry: set it to at least 16 visible ASCII characters without spaces, or unset it.";

    public ValidateOptionsResult Validate(string? name, OperationsOptions options) =>
        options.Key is null || (options.Key.Length >= OperationsOptions.MinKeyLength && options.Key.All(character => character is > ' ' and <= '~'))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(Mistake);
}
