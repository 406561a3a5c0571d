using System.CommandLine;
using FunctionsApi.Auth;
using FunctionsApi.Infer;

namespace FunctionsApi.Cli;

/// <summary><c>deployments set|list|remove</c></summary>
internal static class DeploymentsCommands
{
    private const string FromInput = "-";

    private static readonly Option<string> Tenant = new("--tenant") { Required = true, Description = "Whose deployment." };

    private static readonly Option<string> Id = new("--id") { Required = true, Description = "The 'deployment_id' that callers send." };

    private static readonly Option<string> BackendName = new("--backend") { Description = "echo, or http, which forwards to --url." };

    private static readonly Option<string> Url = new("--url") { Description = "Where the http backend is." };

    private static readonly Option<string> Timeout = new("--timeout") { Description = "For the whole answer: 100ms to 10m; 30s at first." };

    private static readonly Option<string> MaxResponse = new("--max-response") { Description = "The largest answer: 1B to 1GiB; 10MiB at first." };

    private static readonly Option<string> SecretEnv = new("--secret-env")
    {
        Description = "Send the value of this environment variable of the server as the credential. Only its name is stored.",
    };

    private static readonly Option<string> Secret = new("--secret")
    {
        Description = "- reads the credential from standard input. It is stored as given, unencrypted; prefer --secret-env.",
    };

    private static readonly Option<string> SecretHeader = new("--secret-header")
    {
        Description = "Send the credential as it is in this header, instead of as Authorization: Bearer.",
    };

    private static readonly Option<bool> NoSecret = new("--no-secret") { Description = "Send no credential any more." };

    private static readonly Option<int?> Weight = new("--weight") { Description = "Permits that one request takes; 1 at first." };

    private static readonly Option<int?> Retries = new("--retries")
    {
        Description = "How often a connection that could not be made is tried again: 0 to 5; 2 at first.",
    };

    /// <param name="context">The store and where to print.</param>
    /// <param name="input">Where <c>--secret -</c> reads; null is standard input.</param>
    public static Command Create(CommandContext context, TextReader? input = null) =>
        new("deployments", "Set, list and remove what answers a tenant's inference requests.")
        {
            Set(context, input ?? Console.In),
            List(context),
            Remove(context),
        };

    private static Command Set(CommandContext context, TextReader input)
    {
        var command = new Command("set", "Make a deployment, or change what is named of one that exists.")
        {
            Tenant, Id, BackendName, Url, Timeout, MaxResponse, SecretEnv, Secret, SecretHeader, NoSecret, Weight, Retries,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (tenant, id) = (TenantOf(arguments), arguments.GetRequiredValue(Id));
            var table = new DeploymentTable(await context.StoreAsync());
            var deployment = Changed(await table.FindAsync(tenant, id, cancellationToken), tenant, id, arguments, input);
            if (DeploymentRules.Errors(deployment).ToList() is { Count: > 0 } errors)
                throw new CommandException(string.Join(Environment.NewLine, errors));
            await table.SetAsync(deployment, cancellationToken);
            DeploymentsOutput.Print(context, deployment, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "List a tenant's deployments; credentials are never shown.") { Tenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantOf(arguments);
            var table = new DeploymentTable(await context.StoreAsync());
            var deployments = await table.ReadAsync(
                tenant,
                (id, error) => context.Error.WriteLine($"The deployment {id} is broken and answers nothing until it is set again: {error}"),
                cancellationToken);
            DeploymentsOutput.Print(context, tenant, deployments, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command Remove(CommandContext context)
    {
        var command = new Command("remove", "Remove a deployment.") { Tenant, Id };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var (tenant, id) = (TenantOf(arguments), arguments.GetRequiredValue(Id));
            var table = new DeploymentTable(await context.StoreAsync());
            if (!await table.RemoveAsync(tenant, id, cancellationToken))
                throw new CommandException($"Tenant {tenant} has no deployment {id}.");
            DeploymentsOutput.PrintRemoved(context, tenant, id, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static string TenantOf(ParseResult arguments) => arguments.GetRequiredValue(Tenant) is var tenant && Names.IsTenant(tenant)
        ? tenant
        : throw new CommandException("The tenant must be 1 to 64 letters, digits, dots, hyphens and underscores.");

    private static Deployment Changed(Deployment? old, string tenant, string id, ParseResult arguments, TextReader input)
    {
        var backend = BackendOf(arguments.GetValue(BackendName)) ?? old?.Backend
            ?? throw new CommandException("A new deployment needs --backend echo or --backend http.");
        var kept = old?.Backend == backend ? old : new Deployment { Tenant = tenant, Id = id, Backend = backend };
        return kept with
        {
            Url = UrlOf(arguments.GetValue(Url)) ?? kept.Url,
            Timeout = TimeoutOf(arguments.GetValue(Timeout)) ?? kept.Timeout,
            MaxResponseBytes = SizeOf(arguments.GetValue(MaxResponse)) ?? kept.MaxResponseBytes,
            Secret = SecretOf(kept.Secret, arguments, input),
            Weight = arguments.GetValue(Weight) ?? kept.Weight,
            Retries = arguments.GetValue(Retries) ?? kept.Retries,
        };
    }

    private static Backend? BackendOf(string? name) => name switch
    {
        null => null,
        "echo" => Backend.Echo,
        "http" => Backend.Http,
        _ => throw new CommandException("The backend must be echo or http."),
    };

    private static Uri? UrlOf(string? text)
    {
        if (text is null)
            return null;
        return Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var url)
            ? url
            : throw new CommandException("The URL cannot be read; it should look like https://models.example.com/predict.");
    }

    private static TimeSpan? TimeoutOf(string? text) => text is null
        ? null
        : DeploymentText.Duration(text) ?? throw new CommandException("The timeout must be a whole number and a unit, from 100ms to 10m, for example 30s.");

    private static long? SizeOf(string? text) => text is null
        ? null
        : DeploymentText.Size(text) ?? throw new CommandException("The largest response must be a whole number and a unit, from 1B to 1GiB, for example 10MiB.");

    private static UpstreamSecret? SecretOf(UpstreamSecret? old, ParseResult arguments, TextReader input)
    {
        var (variable, secret) = (arguments.GetValue(SecretEnv), arguments.GetValue(Secret));
        var header = arguments.GetValue(SecretHeader);
        if ((variable is null ? 0 : 1) + (secret is null ? 0 : 1) + (arguments.GetValue(NoSecret) ? 1 : 0) > 1)
            throw new CommandException("Give one of --secret-env, --secret - and --no-secret.");
        if (arguments.GetValue(NoSecret))
            return null;
        if (variable is not null)
            return UpstreamSecret.FromVariable(variable, header ?? UpstreamSecret.DefaultHeader);
        if (secret is not null)
            return new UpstreamSecret(ReadSecret(secret, input), header ?? UpstreamSecret.DefaultHeader);
        if (header is null)
            return old;
        return new UpstreamSecret(old?.Stored ?? throw new CommandException("--secret-header needs --secret-env or --secret -."), header);
    }

    private static string ReadSecret(string option, TextReader input)
    {
        // On the command line itself it would stay in the shell's history and show in the list of processes.
        if (option != FromInput)
            throw new CommandException("Give the credential on standard input, with --secret -.");
        return input.ReadLine() ?? "";
    }
}
