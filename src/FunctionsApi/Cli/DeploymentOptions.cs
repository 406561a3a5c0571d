using System.CommandLine;
using FunctionsApi.Infer;

namespace FunctionsApi.Cli;

/// <summary>What <c>deployments set</c> can set; what is not named keeps its value.</summary>
internal static class DeploymentOptions
{
    private const string FromInput = "-";

    private static readonly Option<string> BackendName = new("--backend") { Description = "echo, or http for --url." };

    private static readonly Option<string> Url = new("--url") { Description = "Where the http backend is." };

    private static readonly Option<string> Timeout = new("--timeout")
    {
        Description = "For the whole answer: 100ms to 10m; 30s at first.",
    };

    private static readonly Option<string> MaxResponse = new("--max-response")
    {
        Description = "The largest answer: 1B to 1GiB; 10MiB at first.",
    };

    private static readonly Option<string> SecretEnv = new("--secret-env")
    {
        Description = "The environment variable of the server that holds the credential. Only its name is stored.",
    };

    private static readonly Option<string> Secret = new("--secret")
    {
        Description = "- reads the credential from standard input. It is stored unencrypted; prefer --secret-env.",
    };

    private static readonly Option<string> SecretHeader = new("--secret-header")
    {
        Description = "Send the credential as it is in this header, instead of as Authorization: Bearer.",
    };

    private static readonly Option<bool> NoSecret = new("--no-secret") { Description = "Send no credential any more." };

    private static readonly Option<int?> Weight = new("--weight")
    {
        Description = "Permits that one request takes: 1 to 1000000; 1 at first.",
    };

    private static readonly Option<int?> Retries = new("--retries")
    {
        Description = "How often a connection that could not be made is tried again: 0 to 5; 2 at first.",
    };

    private static readonly Option<FileInfo> Schema = new("--schema")
    {
        Description = "A file with the JSON Schema that inputs must match; a request whose inputs do not is answered 422 and uses nothing.",
    };

    private static readonly Option<bool> NoSchema = new("--no-schema") { Description = "Take any inputs." };

    private static readonly Option<bool?> Refund = new("--refund")
    {
        Description = "Give a request that ends in a 5xx its permits back; false keeps them.",
    };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])
            [BackendName, Url, Timeout, MaxResponse, SecretEnv, Secret, SecretHeader, NoSecret, Weight, Retries, Schema, NoSchema, Refund])
        {
            command.Add(option);
        }
    }

    /// <returns>What the deployment shall be; it may break the rules.</returns>
    /// <exception cref="CommandException">An option cannot be read.</exception>
    public static Deployment Changed(Deployment? before, string tenant, string id, ParseResult arguments, TextReader input)
    {
        var backend = Read(arguments, BackendName, BackendOf, "echo or http") ?? before?.Backend
            ?? throw new CommandException("A new deployment needs --backend echo or --backend http.");
        var kept = before?.Backend == backend ? before : new Deployment { Tenant = tenant, Id = id, Backend = backend };
        return kept with
        {
            Url = UrlOf(arguments.GetValue(Url)) ?? kept.Url,
            Timeout = Read(arguments, Timeout, DeploymentText.Duration, "from 100ms to 10m, for example 30s") ?? kept.Timeout,
            MaxResponseBytes = Read(arguments, MaxResponse, DeploymentText.Size, "from 1B to 1GiB, for example 10MiB")
                ?? kept.MaxResponseBytes,
            Secret = SecretOf(kept.Secret, arguments, input),
            Weight = arguments.GetValue(Weight) ?? kept.Weight,
            Retries = arguments.GetValue(Retries) ?? kept.Retries,
            Schema = SchemaOf(kept.Schema, arguments),
            Refund = arguments.GetValue(Refund) ?? kept.Refund,
        };
    }

    private static T? Read<T>(ParseResult arguments, Option<string> option, Func<string, T?> read, string expected) where T : struct
    {
        if (arguments.GetValue(option) is not { } text)
            return null;
        return read(text) ?? throw new CommandException($"{option.Name} {text} must be {expected}.");
    }

    private static Backend? BackendOf(string name) => name switch
    {
        "echo" => Backend.Echo,
        "http" => Backend.Http,
        _ => null,
    };

    private static Uri? UrlOf(string? text)
    {
        if (text is null)
            return null;
        return Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var url)
            ? url
            : throw new CommandException("The URL cannot be read; it should look like https://models.example.com/predict.");
    }

    private static InputSchema? SchemaOf(InputSchema? before, ParseResult arguments)
    {
        var (file, none) = (arguments.GetValue(Schema), arguments.GetValue(NoSchema));
        if (file is not null && none)
            throw new CommandException("Give one of --schema and --no-schema.");
        if (file is null)
            return none ? null : before;
        return InputSchema.TryParse(ReadSchema(file), out var error) ?? throw new CommandException($"{error}");
    }

    private static string ReadSchema(FileInfo file)
    {
        try
        {
            return file.Length <= InputSchemaRules.MaxBytes ? File.ReadAllText(file.FullName) : throw new CommandException(InputSchemaRules.TooLong);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file.FullName} cannot be read: {exception.Message}");
        }
    }

    private static UpstreamSecret? SecretOf(UpstreamSecret? before, ParseResult arguments, TextReader input)
    {
        var (variable, secret, none) = (arguments.GetValue(SecretEnv), arguments.GetValue(Secret), arguments.GetValue(NoSecret));
        if ((variable is null ? 0 : 1) + (secret is null ? 0 : 1) + (none ? 1 : 0) > 1)
            throw new CommandException("Give one of --secret-env, --secret - and --no-secret.");
        var header = arguments.GetValue(SecretHeader);
        if (none)
            return null;
        if (variable is not null)
            return UpstreamSecret.FromVariable(variable, header ?? UpstreamSecret.DefaultHeader);
        if (secret is not null)
            return new(ReadSecret(secret, input), header ?? UpstreamSecret.DefaultHeader);
        if (header is null)
            return before;
        return before is null
            ? throw new CommandException("--secret-header needs --secret-env or --secret -.")
            : new(before.Stored, header);
    }

    private static string ReadSecret(string option, TextReader input)
    {
        // On the command line itself it would stay in the shell's history and show in the list of processes.
        if (option != FromInput)
            throw new CommandException("Give the credential on standard input, with --secret -.");
        return input.ReadLine() ?? "";
    }
}
