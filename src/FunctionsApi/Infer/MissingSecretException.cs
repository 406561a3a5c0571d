namespace FunctionsApi.Infer;

/// <summary>A deployment's secret refers to an environment variable that this server lacks.</summary>
internal sealed class MissingSecretException(string? variable)
    : Exception($"The environment variable {variable} is not set, or holds what cannot be sent in a header.");
