using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace FunctionsApi.Api;

/// <summary>Reads the Accept header.</summary>
internal static class Accept
{
    /// <summary>
    /// Whether a media type is asked for by its own name. Wildcards do not count: a client that takes anything gets what
    /// the API's documentation promises.
    /// </summary>
    public static bool Names(StringValues accept, string mediaType)
    {
        // Cheap for the many that never heard of it; refusals must stay cheap.
        if (!accept.Any(value => value?.Contains(mediaType, StringComparison.OrdinalIgnoreCase) is true))
            return false;
        return MediaTypeHeaderValue.TryParseList(accept, out var types)
            && types.Any(type => type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase) && type.Quality is not 0);
    }
}
