using System.Collections.Immutable;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>
/// Reads a plan file: for each API its policies, and its plans with a limit for each policy. Reading goes on past an
/// error, so that one answer names all of them.
/// </summary>
internal static class PlanFileReader
{
    public static PlanParseResult Read(byte[] file)
    {
        var text = file.AsSpan().StartsWith("\uFEFF"u8) ? file[3..] : file;
        var errors = new PlanErrors(text);
        var apis = ReadApis(text, errors);
        return errors.Any ? new(errors.InFileOrder()) : new(new PlanCatalog(apis));
    }

    private static ImmutableArray<ApiPlans> ReadApis(byte[] file, PlanErrors errors)
    {
        if (file.Length > PlanCatalog.MaxBytes)
            errors.AddForFile(0, $"the file has {file.Length} bytes", $"Keep it to {PlanCatalog.MaxBytes} bytes.");
        else if (JsonPartReader.Read(file, errors) is { } root
            && Members.Of(root, errors, "apis").Required("apis", "{…}") is { } apisPart)
        {
            var members = Members.Of(apisPart, errors, [.. Apis.All.Select(api => api.Name())]);
            return [.. Apis.All.Select(api => ReadApi(api, members, errors)).OfType<ApiPlans>()];
        }

        return [];
    }

    private static ApiPlans? ReadApi(ApiKind api, Members apis, PlanErrors errors)
    {
        if (apis.Required(api.Name(), "{\"policies\": […], \"plans\": {…}}") is not { } part)
            return null;

        var members = Members.Of(part, errors, "policies", "plans");
        var policies = members.Required("policies", "[…]") is { } policiesPart ? new PolicyReader(api, errors).Read(policiesPart) : [];
        var plans = members.Required("plans", "{…}") is { } plansPart ? new PlansReader(api, policies, errors).Read(plansPart) : [];

        // ApiPlans works out every plan's terms, which makes sense for a whole file only.
        return errors.Any ? null : new ApiPlans(api, policies, plans);
    }
}
