using Microsoft.Extensions.Options;

namespace FunctionsApi.Settings;

/// <summary>
/// The settings, valid as they stand. They are bound and validated before there are services, since they say which store is opened
/// and whether telemetry is loaded, and for commands too.
/// </summary>
internal sealed record AppSettings(StorageOptions Storage, QuotasOptions Quotas, UsageOptions Usage, CrawlOptions Crawl, KnowledgeOptions Knowledge, CrossOriginOptions CrossOrigin)
{
    // host.json has it too.
    private const string DefaultTaskHub = "FunctionsApi";

    private static readonly Dictionary<string, UpstreamOptions> NoUpstreams = [];

    /// <summary>Whether the Azure Functions host runs us.</summary>
    public bool UnderFunctionsHost { get; private init; }

    /// <summary>What the ledger stands on.</summary>
    public LedgerKind Ledger => Quotas.Ledger ?? (UnderFunctionsHost ? LedgerKind.Entities : LedgerKind.Table);

    /// <summary>The name of the Functions host's task hub; it begins the names of the hub's tables and queues.</summary>
    public string TaskHub { get; private init; } = DefaultTaskHub;

    public DashboardOptions Dashboard { get; private init; } = new();

    public OperationsOptions Operations { get; private init; } = new();

    public RetentionOptions Retention { get; private init; } = new();

    /// <summary>By area; an area that is missing is answered by this program.</summary>
    public IReadOnlyDictionary<string, UpstreamOptions> Upstreams { get; private init; } = NoUpstreams;

    /// <summary>Null refuses JWTs.</summary>
    public SupabaseOptions? Supabase { get; private init; }

    /// <summary>Null draws answers from the documents' own sentences.</summary>
    public LlmOptions? Llm { get; private init; }

    /// <summary>Null sends no telemetry.</summary>
    public TelemetryOptions? Telemetry { get; private init; }

    /// <summary>Every setting that is read, by the name of its section and its own.</summary>
    public static IReadOnlyList<SettingsText.Setting> All { get; } =
    [
        .. SettingsText.Of(typeof(StorageOptions), StorageOptions.Section),
        .. SettingsText.Of(typeof(QuotasOptions), QuotasOptions.Section),
        .. SettingsText.Of(typeof(UsageOptions), UsageOptions.Section),
        .. SettingsText.Of(typeof(SupabaseOptions), SupabaseOptions.Section),
        .. SettingsText.Of(typeof(CrawlOptions), CrawlOptions.Section),
        .. SettingsText.Of(typeof(KnowledgeOptions), KnowledgeOptions.Section),
        .. SettingsText.Of(typeof(LlmOptions), LlmOptions.Section),
        .. SettingsText.Of(typeof(CrossOriginOptions), CrossOriginOptions.Section),
        .. SettingsText.Of(typeof(DashboardOptions), DashboardOptions.Section),
        .. SettingsText.Of(typeof(RetentionOptions), RetentionOptions.Section),
        .. UpstreamOptions.Areas.SelectMany(area => SettingsText.Of(typeof(UpstreamOptions), UpstreamOptions.SectionOf(area))),
        .. SettingsText.Of(typeof(OperationsOptions), OperationsOptions.Section),
        .. SettingsText.Of(typeof(TelemetryOptions), ""),
    ];

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
        // What is empty is not set: a template sets all of its variables.
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in configuration.AsEnumerable())
            if (!string.IsNullOrWhiteSpace(value))
                values.Add(name, value.Trim());
        var wrong = SettingsText.TakeWrong(values, All);
        using var services = Bind(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), underFunctionsHost);
        wrong.AddRange(Failures(services));
        return wrong.Count == 0 ? From(services, underFunctionsHost) : throw new SettingsException(string.Join(Environment.NewLine, wrong));
    }

    private static ServiceProvider Bind(IConfiguration values, bool underFunctionsHost)
    {
        var services = new ServiceCollection()
            .AddSingleton(values)
            .AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>()
            .AddSingleton<IValidateOptions<QuotasOptions>, QuotasOptionsValidator>()
            .AddSingleton<IValidateOptions<SupabaseOptions>, SupabaseOptionsValidator>()
            .AddSingleton<IValidateOptions<LlmOptions>, LlmOptionsValidator>()
            .AddSingleton<IValidateOptions<CrossOriginOptions>, CrossOriginOptionsValidator>()
            .AddSingleton<IValidateOptions<DashboardOptions>, DashboardOptionsValidator>()
            .AddSingleton<IValidateOptions<OperationsOptions>, OperationsOptionsValidator>()
            .AddSingleton<IValidateOptions<UpstreamOptions>, UpstreamOptionsValidator>()
            .AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        services.AddOptions<StorageOptions>().Bind(values.GetSection(StorageOptions.Section)).ValidateOnStart();
        services.AddOptions<QuotasOptions>().Bind(values.GetSection(QuotasOptions.Section)).ValidateOnStart();
        services.AddOptions<UsageOptions>().Bind(values.GetSection(UsageOptions.Section)).ValidateOnStart();
        services.AddOptions<SupabaseOptions>().Bind(values.GetSection(SupabaseOptions.Section)).ValidateOnStart();
        services.AddOptions<CrawlOptions>().Bind(values.GetSection(CrawlOptions.Section)).ValidateOnStart();
        services.AddOptions<KnowledgeOptions>().Bind(values.GetSection(KnowledgeOptions.Section)).ValidateOnStart();
        services.AddOptions<LlmOptions>().Bind(values.GetSection(LlmOptions.Section)).ValidateOnStart();
        services.AddOptions<CrossOriginOptions>().Bind(values.GetSection(CrossOriginOptions.Section)).ValidateOnStart();
        services.AddOptions<DashboardOptions>().Bind(values.GetSection(DashboardOptions.Section)).ValidateOnStart();
        services.AddOptions<OperationsOptions>().Bind(values.GetSection(OperationsOptions.Section)).ValidateOnStart();
        services.AddOptions<RetentionOptions>().Bind(values.GetSection(RetentionOptions.Section)).ValidateOnStart();
        foreach (var area in UpstreamOptions.Areas)
            services.AddOptions<UpstreamOptions>(area).Bind(values.GetSection(UpstreamOptions.SectionOf(area))).ValidateOnStart();
        services.AddOptions<TelemetryOptions>().Bind(values).ValidateOnStart();
        if (underFunctionsHost)
            services.AddSingleton<IValidateOptions<StorageOptions>, HostStorage>();
        return services.BuildServiceProvider();
    }

    private static IEnumerable<string> Failures(ServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException one)
        {
            return one.Failures;
        }
        catch (AggregateException several)
        {
            return several.InnerExceptions.Cast<OptionsValidationException>().SelectMany(one => one.Failures);
        }
    }

    // None are the same as none: settings are compared.
    private static Dictionary<string, UpstreamOptions> UpstreamsOf(IOptionsMonitor<UpstreamOptions> options)
    {
        var upstreams = UpstreamOptions.Areas
            .Select(area => (Area: area, Options: options.Get(area)))
            .Where(upstream => upstream.Options.Url is not null)
            .ToDictionary(upstream => upstream.Area, upstream => upstream.Options);
        return upstreams.Count == 0 ? NoUpstreams : upstreams;
    }

    private static AppSettings From(ServiceProvider services, bool underFunctionsHost)
    {
        var (supabase, llm, telemetry) = (Value<SupabaseOptions>(), Value<LlmOptions>(), Value<TelemetryOptions>());
        return new(Value<StorageOptions>(), Value<QuotasOptions>(), Value<UsageOptions>(), Value<CrawlOptions>(), Value<KnowledgeOptions>(), Value<CrossOriginOptions>())
        {
            UnderFunctionsHost = underFunctionsHost,
            // By it the host is told another one than in host.json.
            TaskHub = services.GetRequiredService<IConfiguration>()["AzureFunctionsJobHost:extensions:durableTask:hubName"] ?? DefaultTaskHub,
            Dashboard = Value<DashboardOptions>(),
            Operations = Value<OperationsOptions>(),
            Retention = Value<RetentionOptions>(),
            Upstreams = UpstreamsOf(services.GetRequiredService<IOptionsMonitor<UpstreamOptions>>()),
            Supabase = supabase.Issuer is null ? null : supabase,
            Llm = llm.Endpoint is null ? null : llm,
            Telemetry = telemetry.IsSent ? telemetry : null,
        };

        T Value<T>() where T : class => services.GetRequiredService<IOptions<T>>().Value;
    }
}
