using FunctionsApi.Quotas.Limiting;

namespace FunctionsApi.Settings;

/// <summary>The settings, valid as they stand.</summary>
internal sealed record AppSettings
{
    public required StorageSettings Storage { get; init; }

    public required WhenLedgerUnavailable WhenLedgerUnavailable { get; init; }

    /// <summary>Start although the clock is behind what the store has seen.</summary>
    public required bool AcceptClockSetBack { get; init; }

    /// <summary>How long usage is kept.</summary>
    public required TimeSpan UsageRetention { get; init; }

    public required CrawlSettings Crawl { get; init; }

    public required CrossOriginOptions Cors { get; init; }

    /// <summary>Null refuses JWTs.</summary>
    public SupabaseSettings? Supabase { get; init; }

    /// <summary>Null sends no telemetry.</summary>
    public TelemetrySettings? Telemetry { get; init; }

    /// <summary>Loads configuration, settings files included.</summary>
    /// <exception cref="SettingsException">A settings file makes no sense.</exception>
    public static T Load<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (InvalidDataException exception)
        {
            throw new SettingsException($"{exception.Message} {exception.GetBaseException().Message} Correct the file or remove it.");
        }
    }

    /// <param name="configuration">Where from.</param>
    /// <param name="underFunctionsHost">Whether they must go with those of the Azure Functions host.</param>
    /// <exception cref="SettingsException">With every setting that is wrong.</exception>
    public static AppSettings Read(IConfiguration configuration, bool underFunctionsHost = false)
    {
        var reader = new SettingsReader(configuration);
        var storage = StorageSettings.Read(reader);
        var settings = new AppSettings
        {
            Storage = storage,
            WhenLedgerUnavailable = reader.OneOf("Quotas:WhenLedgerUnavailable", "admit", "deny") == "deny"
                ? WhenLedgerUnavailable.Deny
                : WhenLedgerUnavailable.Admit,
            AcceptClockSetBack = reader.OneOf("Quotas:AcceptClockSetBack", "false", "true") == "true",
            // A report by day reaches back 366 of them.
            UsageRetention = reader.Days("Usage:RetainDays", 400),
            Crawl = new(AllowPrivateAddresses: reader.OneOf("Crawl:AllowPrivateAddresses", "false", "true") == "true"),
            Cors = ReadCors(reader),
            Supabase = ReadSupabase(reader),
            Telemetry = TelemetrySettings.Read(reader),
        };
        if (underFunctionsHost)
            HostStorage.Check(reader, storage);
        reader.Finish();
        return settings;
    }

    private static CrossOriginOptions ReadCors(SettingsReader reader)
    {
        const string Name = $"{CrossOriginOptions.Section}:{nameof(CrossOriginOptions.AllowedOrigins)}";
        var cors = new CrossOriginOptions { AllowedOrigins = reader.Text(Name) };
        foreach (var mistake in cors.Mistakes())
            reader.Wrong(Name, mistake);
        return cors;
    }

    private static SupabaseSettings? ReadSupabase(SettingsReader reader)
    {
        var issuer = reader.Text("Auth:Supabase:Issuer");
        var secret = reader.Text("Auth:Supabase:JwtSecret");
        var jwks = reader.Address("Auth:Supabase:JwksUri");
        if (issuer is null && secret is null && jwks is null)
            return null;

        if (issuer is null)
            reader.Wrong("Auth:Supabase:Issuer", "is missing: set it to the iss of the project's tokens, as https://<project>.supabase.co/auth/v1.");
        if (secret is null && jwks is null)
            reader.Wrong("Auth:Supabase:JwtSecret", "is missing, and so is Auth__Supabase__JwksUri: set either, or both, or unset the issuer.");
        if (secret is { Length: < 32 })
            reader.Wrong("Auth:Supabase:JwtSecret", "is shorter than the 32 characters that HS256 needs: copy the project's JWT secret whole.");
        return new(issuer ?? "", secret, jwks);
    }
}
