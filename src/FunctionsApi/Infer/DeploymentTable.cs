using FunctionsApi.Storage;

namespace FunctionsApi.Infer;

/// <summary>Where deployments are kept: a row for each, in its tenant's partition.</summary>
internal sealed class DeploymentTable(ITableStore store)
{
    public const string Table = "Deployments";

    /// <summary>A tenant's deployments in order of id.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="broken">Told the id of each one that is left out because it breaks the rules, and how it does.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TableStoreException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<Deployment>> ReadAsync(
        string tenant, Action<string, string> broken, CancellationToken cancellationToken)
    {
        var deployments = new List<Deployment>();
        await foreach (var row in store.QueryAsync(Table, new TableQuery { Partition = tenant }, cancellationToken))
        {
            var deployment = Parse(row);
            if (Error(deployment) is { } error)
                broken(row.Key.Row, error);
            else
                deployments.Add(deployment!);
        }
        return deployments;
    }

    /// <returns>The deployment; null where there is none that keeps the rules.</returns>
    public async Task<Deployment?> FindAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var row = await store.GetAsync(Table, new TableKey(tenant, id), cancellationToken);
        return row is not null && Parse(row) is { } deployment && Error(deployment) is null ? deployment : null;
    }

    /// <summary>Writes it whole, over whatever was there.</summary>
    /// <param name="deployment">One that keeps the rules.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    public Task SetAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, object>
        {
            ["backend"] = NameOf(deployment.Backend),
            ["timeoutMs"] = (long)deployment.Timeout.TotalMilliseconds,
            ["maxResponseBytes"] = deployment.MaxResponseBytes,
            ["weight"] = (long)deployment.Weight,
            ["retries"] = (long)deployment.Retries,
            ["refund"] = deployment.Refund,
        };
        if (deployment.Schema is { } schema)
            values["schema"] = schema.Text;
        if (deployment.Url is { } url)
            values["url"] = url.OriginalString;
        if (deployment.Secret is { } secret)
        {
            values["secret"] = secret.Stored;
            values["secretHeader"] = secret.Header;
        }
        var key = new TableKey(deployment.Tenant, deployment.Id);
        return store.PutAsync(Table, new TablePut(key, values, PutCondition.None), cancellationToken);
    }

    /// <returns>False where there was none.</returns>
    public async Task<bool> RemoveAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var key = new TableKey(tenant, id);
        if (await store.GetAsync(Table, key, cancellationToken) is null)
            return false;
        await store.DeleteAsync(Table, key, ifMatch: null, cancellationToken);
        return true;
    }

    public static string NameOf(Backend backend) => backend.ToString().ToLowerInvariant();

    private static string? Error(Deployment? deployment) => deployment is null
        ? "A column is missing or has the wrong type."
        : DeploymentRules.Errors(deployment).FirstOrDefault();

    private static bool TryReadSchema(string? text, out InputSchema? schema)
    {
        schema = text is null ? null : InputSchema.TryParse(text, out _);
        return text is null || schema is not null;
    }

    private static Deployment? Parse(TableRow row)
    {
        if (Text("backend") is not { } backendName
            || !Enum.TryParse<Backend>(backendName, ignoreCase: true, out var backend)
            || Number("timeoutMs") is not { } timeoutMs
            || Number("maxResponseBytes") is not { } maxResponseBytes
            || Number("weight") is not { } weight
            || Number("retries") is not { } retries
            || !TryReadSchema(Text("schema"), out var schema))
        {
            return null;
        }
        return new Deployment
        {
            Tenant = row.Key.Partition,
            Id = row.Key.Row,
            Backend = backend,
            Url = Uri.TryCreate(Text("url"), UriKind.RelativeOrAbsolute, out var url) ? url : null,
            Timeout = TimeSpan.FromMilliseconds(timeoutMs),
            MaxResponseBytes = maxResponseBytes,
            Weight = weight,
            Retries = retries,
            Secret = Text("secret") is { } secret ? new(secret, Text("secretHeader") ?? UpstreamSecret.DefaultHeader) : null,
            Schema = schema,
            Refund = row.Values.GetValueOrDefault("refund") is true,
            Version = row.ETag,
        };

        string? Text(string column) => row.Values.GetValueOrDefault(column) as string;

        // No rule allows more than an int holds.
        int? Number(string column) =>
            row.Values.GetValueOrDefault(column) is long and >= 0 and <= int.MaxValue and var number ? (int)number : null;
    }
}
