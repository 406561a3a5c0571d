using FunctionsApi.Api;

namespace FunctionsApi.Agents;

/// <summary>The parameters of a list that is answered in pages.</summary>
internal static class PageQuery
{
    /// <summary>At most how many entries are asked for: <c>limit</c>.</summary>
    /// <exception cref="ApiException">400: it is no whole number or out of range.</exception>
    public static int Limit(this IQueryCollection query, int otherwise, int most) => query.Text("limit") switch
    {
        null => otherwise,
        var text when int.TryParse(text, out var limit) && limit >= 1 && limit <= most => limit,
        _ => throw Invalid($"'limit' must be a whole number from 1 to {most}."),
    };

    /// <summary>Where a list of ids goes on: <c>cursor</c>, as an answer told it; null begins it.</summary>
    /// <exception cref="ApiException">400: no answer told it.</exception>
    public static string? Cursor(this IQueryCollection query) => query.Text("cursor") switch
    {
        null => null,
        var text when Guid.TryParseExact(text, "N", out var id) => id.ToString("N"),
        _ => throw Invalid("'cursor' must be the 'next' of an answer."),
    };

    private static ApiException Invalid(string message) => new(400, "invalid_parameter", message);
}
