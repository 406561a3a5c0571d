using System.Text.Json;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;

namespace FunctionsApi.Tests.Agents.Knowledge;

/// <summary>Questions about the pages of <c>tests/Site</c>, each with the page and the sentence that answer it, and some that none answers.</summary>
internal sealed record QuestionSet(IReadOnlyList<AskedQuestion> Questions, IReadOnlyList<string> Unanswerable)
{
    public static QuestionSet Read(string tests) =>
        JsonSerializer.Deserialize<QuestionSet>(File.ReadAllText(Path.Combine(tests, "Site.questions.json")), JsonSerializerOptions.Web)!;

    /// <summary>The pages of the site, indexed by their paths, as a crawl reads them.</summary>
    public static SearchIndex Index(string tests)
    {
        var site = Path.Combine(tests, "Site");
        var index = new SearchIndex();
        index.Change(
            from path in Directory.EnumerateFiles(site, "*", SearchOption.AllDirectories)
            let name = Path.GetRelativePath(site, path).Replace('\\', '/')
            where name.EndsWith(".html", StringComparison.Ordinal)
            let page = HtmlPage.ReadAsync(File.ReadAllText(path), new($"http://site.example/{name}"), findArticle: true, CancellationToken.None).Result
            select new IndexedDocument(name, 1, page.Title, page.Text),
            []);
        return index;
    }

    /// <summary>The pages that searching for a question finds first.</summary>
    public static IEnumerable<string> Found(SearchIndex index, string question, int limit) =>
        index.Find(SearchTerms.Of(question), skip: 0, limit).Documents.Select(document => document.Id);

    /// <summary>The page and the words of the first sentence that answers a question; null where none does.</summary>
    public static (string Page, string Words)? Answered(SearchIndex index, string question) =>
        Ground.Of(new(question), index, maxSources: 3).Quotes is [var first, ..] ? (first.Document.Id, first.Text) : null;

    /// <summary>Whether that is the right sentence of the right page.</summary>
    public static bool IsRight(SearchIndex index, AskedQuestion asked) =>
        Answered(index, asked.Question) is var (page, words) && page == asked.Page && words.StartsWith(asked.Answer, StringComparison.Ordinal);
}

internal sealed record AskedQuestion(string Question, string Page, string Answer);
