// Compressed is what is long enough to gain: searches, summaries, usage, the OpenAPI document, the page. /infer is left alone: its
// answers are short or streamed, and its way is the one that must be short.
//
// BREACH guesses a secret from the length of answers that hold both it and the attacker's text, and so needs a victim's browser to send
// requests with the victim's credential. A browser never adds our credential by itself, as it would a cookie, and no answer holds a secret.

using FunctionsApi.Quotas.Policies;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace FunctionsApi.Api;

/// <summary>Compresses answers as the client accepts it: those whose length is known and pays.</summary>
internal sealed class Compression(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
{
    private const int MinBytes = 1024;

    public override bool ShouldCompressResponse(HttpContext context) =>
        context.Response.ContentLength >= MinBytes && base.ShouldCompressResponse(context);

    /// <summary>Puts it before all other middleware, alone and under the Functions host.</summary>
    internal sealed class First : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseWhen(http => ApiPaths.ApiAt(http.Request.Path) != ApiKind.Inference, compressed => compressed.UseResponseCompression());
            next(app);
        };
    }
}
