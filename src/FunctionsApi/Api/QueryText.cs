namespace FunctionsApi.Api;

/// <summary>Reads parameters of the query string.</summary>
internal static class QueryText
{
    /// <summary>Refuses what nothing reads: a parameter that is misspelt must not be silently without effect.</summary>
    /// <exception cref="ApiException">400: there is another parameter than these.</exception>
    public static void AllowOnly(this IQueryCollection query, params ReadOnlySpan<string> names)
    {
        foreach (var name in query.Keys)
            if (!names.Contains(name))
                throw new ApiException(400, "unknown_parameter", $"'{name}' is no parameter here: {ThereAre(names)}.");
    }

    /// <summary>A parameter's text; null where it is absent.</summary>
    /// <exception cref="ApiException">400: it is given more than once.</exception>
    public static string? Text(this IQueryCollection query, string name) => query[name] switch
    {
        [] => null,
        [var text] => text,
        _ => throw new ApiException(400, "invalid_parameter", $"'{name}' is given more than once."),
    };

    /// <summary>
    /// A parameter that is a time. A plus sign stands for a space in a query, and few clients escape that of +02:00: no time has a
    /// space where its offset begins.
    /// </summary>
    /// <exception cref="ApiException">400: it is given more than once.</exception>
    public static string? Time(this IQueryCollection query, string name) =>
        query.Text(name) is [.. var time, ' ', _, _, ':', _, _] text ? $"{time}+{text[^5..]}" : query.Text(name);

    private static string ThereAre(ReadOnlySpan<string> names) =>
        names is [.. { Length: > 0 } others, var last] ? $"there are '{string.Join("', '", others)}' and '{last}'" : $"there is '{names[0]}'";
}
