using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>The settings <c>Llm__…</c>: the model that answers questions.</summary>
internal sealed record LlmOptions
{
    public const string Section = "Llm";

    /// <summary>Of the OpenAI API or of one that speaks it, for example <c>https://api.openai.com/v1</c>; null is none.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The name that the endpoint knows the model by.</summary>
    public string? Model { get; set; }

    /// <summary>Sent as a bearer token; null where the endpoint asks for none.</summary>
    public string? Key { get; set; }

    // The Functions host ends a request after 230 s.
    [Description("a number of seconds"), Range(1, 200)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>How long a whole answer may take.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);

    /// <summary>Holds no secret.</summary>
    public override string ToString() => Endpoint ?? "";
}

/// <summary>Whether the model can be asked as is said.</summary>
internal sealed class LlmOptionsValidator : IValidateOptions<LlmOptions>
{
    public ValidateOptionsResult Validate(string? name, LlmOptions options)
    {
        var wrong = new ValidateOptionsResultBuilder();
        if (options.Endpoint is null)
        {
            if (options.Model is not null || options.Key is not null)
                wrong.AddError("Llm__Endpoint is missing: set it to the address of an OpenAI-compatible API, as https://api.openai.com/v1, or unset Llm__Model and Llm__Key.");
            return wrong.Build();
        }

        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
            wrong.AddError("Llm__Endpoint is not an address that begins with https:// or http://: correct it, as https://api.openai.com/v1.");
        else if (options.Key is not null && address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
            wrong.AddError("Llm__Endpoint begins with http://, and Llm__Key would be sent for all to read: use https://, or unset the key.");
        if (options.Model is null)
            wrong.AddError("Llm__Model is missing: set it to the name that the endpoint knows the model by.");
        return wrong.Build();
    }
}
