using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary><c>alerts set|list|test|delete</c></summary>
internal static class AlertsCommands
{
    private static readonly Option<string> Tenant = new("--tenant") { Required = true, Description = "Whose alerts." };

    private static readonly Option<string?> AnyTenant = new("--tenant") { Description = "One tenant's, with its latest messages; all without it." };

    private static readonly Option<string?> Url = new("--url") { Description = "Where the webhook is. A new one gets a secret, which is shown this once." };

    private static readonly Option<bool> NewSecret = new("--new-secret")
    {
        Description = "Make another secret and show it, this once. The one before signs as well for 24 hours.",
    };

    private static readonly Option<string[]> Rule = new("--rule")
    {
        Description = "All rules, each as agents/requests-per-day=10: tell when 10% of that limit or less is left. The option may be repeated.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<bool> NoRules = new("--no-rules") { Description = "Have no rules any more." };

    private static readonly Option<bool?> Digest = new("--digest") { Description = "true or false: whether there is a digest each day." };

    private static readonly Option<int?> UnusedKeyDays = new("--unused-key-days")
    {
        Description = $"After how many days without a request the digest names a key: 1 to {DigestSettings.MaxUnusedKeyDays}; 30 at first.",
    };

    public static Command Create(CommandContext context) => new("alerts", "Set what tenants are told of by webhook, and look at how that goes.")
    {
        Set(context),
        List(context),
        Test(context),
        Delete(context),
    };

    private static Command Set(CommandContext context)
    {
        var command = new Command("set", "Set a tenant's alerts; what is not named stays as it is. A webhook that was disabled is tried again.")
        {
            Tenant, Url, NewSecret, Rule, NoRules, Digest, UnusedKeyDays,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantOf(arguments);
            using var alerts = await AlertServices.OpenAsync(context);
            var change = await ChangeAsync(context, arguments, cancellationToken);
            var answer = await alerts.Of.ChangeAsync(tenant, change, cancellationToken);
            AlertsOutput.PrintChanged(context, answer, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "List alerts; secrets are never shown.") { AnyTenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var alerts = await AlertServices.OpenAsync(context);
            IReadOnlyList<string> tenants = arguments.GetValue(AnyTenant) is { } one
                ? [TenantName.Checked(one)]
                : [.. (await alerts.Table.ListAsync(cancellationToken)).Select(settings => settings.Tenant)];
            List<AlertsAnswer> answers = [];
            foreach (var tenant in tenants)
                answers.Add(await alerts.Of.ReadAsync(tenant, cancellationToken));
            AlertsOutput.PrintList(context, answers, withMessages: arguments.GetValue(AnyTenant) is not null, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static Command Test(CommandContext context)
    {
        var command = new Command("test", "Send a tenant's webhook a test from here, now. One that arrives enables a webhook that was disabled.") { Tenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantOf(arguments);
            using var alerts = await AlertServices.OpenAsync(context);
            var answer = await alerts.Of.TestAsync(tenant, cancellationToken)
                ?? throw new CommandException($"Tenant {tenant} has no webhook. Set one with: FunctionsApi alerts set --tenant {tenant} --url <url>");
            AlertsOutput.PrintTest(context, tenant, answer, arguments.GetValue(CommandLine.Json));
            return answer.Delivered ? 0 : 1;
        });
        return command;
    }

    private static Command Delete(CommandContext context)
    {
        var command = new Command("delete", "Delete a tenant's alerts: rules, webhook, secret and messages.") { Tenant };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var tenant = TenantOf(arguments);
            using var alerts = await AlertServices.OpenAsync(context);
            if (await alerts.Table.FindAsync(tenant, cancellationToken) is null)
                throw new CommandException($"Tenant {tenant} has no alerts.");
            await alerts.Of.DeleteAsync(tenant, cancellationToken);
            AlertsOutput.PrintDeleted(context, tenant, arguments.GetValue(CommandLine.Json));
            return 0;
        });
        return command;
    }

    private static async Task<Func<AlertSettings, DateTimeOffset, AlertSettings>> ChangeAsync(
        CommandContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(NoRules) && arguments.GetValue(Rule) is { Length: > 0 })
            throw new CommandException("Give --rule or --no-rules.");
        if (arguments.GetValue(UnusedKeyDays) is < 1 or > DigestSettings.MaxUnusedKeyDays)
            throw new CommandException($"--unused-key-days is 1 to {DigestSettings.MaxUnusedKeyDays}.");
        var url = arguments.GetValue(Url) is { } text ? UrlOf(text, context) : null;
        ImmutableArray<AlertRule>? rules = arguments.GetValue(NoRules) ? [] : arguments.GetValue(Rule) is { Length: > 0 } given ? [.. given.Select(RuleOf)] : null;
        var plans = PlansInForce.Embedded.Next(await new PlanTable(await context.StoreAsync()).ReadAsync(cancellationToken)).Catalog;
        if (rules is { } some && AlertRules.Mistake(some, plans) is { } mistake)
            throw new CommandException(mistake);
        return (before, now) => before with
        {
            Rules = rules ?? before.Rules,
            Webhook = WebhookOf(before.Webhook, url, arguments.GetValue(NewSecret), now),
            Digest = new()
            {
                IsOn = arguments.GetValue(Digest) ?? before.Digest.IsOn,
                UnusedKeyDays = arguments.GetValue(UnusedKeyDays) ?? before.Digest.UnusedKeyDays,
            },
        };
    }

    private static Webhook WebhookOf(Webhook? before, Uri? url, bool newSecret, DateTimeOffset now)
    {
        if (before is null)
            return Webhook.At(url ?? throw new CommandException("There is no webhook yet: give its --url."), now);
        return (newSecret ? before.WithNewSecret(now) : before) with { Url = url ?? before.Url };
    }

    private static Uri UrlOf(string text, CommandContext context) =>
        WebhookUrl.Mistake(text, context.Settings.Crawl, out var url) is { } mistake ? throw new CommandException($"--url {mistake}.") : url;

    private static AlertRule RuleOf(string text)
    {
        if (text.Split('/', '=') is [var api, var policy, var percent]
            && Apis.Find(api) is { } kind
            && int.TryParse(percent.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new(kind, policy, number);
        throw new CommandException($"'{text}' is no rule: give it as agents/requests-per-day=10, the API, the policy and a percentage of its limit.");
    }

    private static string TenantOf(ParseResult arguments) => TenantName.Checked(arguments.GetRequiredValue(Tenant));
}

/// <summary>What the commands about alerts work with.</summary>
internal sealed class AlertServices : IDisposable
{
    private readonly WebhookSender _sender;

    private AlertServices(TenantAlerts of, AlertTable table, WebhookSender sender) => (Of, Table, _sender) = (of, table, sender);

    public TenantAlerts Of { get; }

    public AlertTable Table { get; }

    public static async Task<AlertServices> OpenAsync(CommandContext context)
    {
        var (store, time) = (await context.StoreAsync(), context.Time);
        var (table, states, sender) = (new AlertTable(store), new WebhookStates(store), new WebhookSender(context.Settings.Crawl, time));
        return new(new(table, states, new(store, time), new(states, sender, time), time), table, sender);
    }

    public void Dispose() => _sender.Dispose();
}
