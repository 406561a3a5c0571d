// What a customer writes below the contract's two functions: the same for an edge worker and for a web page.
async function callApi(address, key) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const post = (path, body) => [`${address}${path}`, { method: "POST", headers, body: JSON.stringify(body) }];
  const seen = [];
  for (let n = 0; n < 3; n++) {
    const answer = await fetchWithRetry(...post("/infer", { deployment_id: "echo", inputs: { n } }));
    seen.push(`infer ${answer.status} ${JSON.stringify((await answer.json()).outputs)}`);
  }
  for (let n = 0; n < 3; n++) {
    const answer = await fetchWithRetry(...post("/api/v1/analytics/events", [{ type: "view" }, { type: "click" }]));
    seen.push(`events ${answer.status} ${JSON.stringify(await answer.json())}`);
    await checkRateLimit(answer);
  }
  return seen.join("\n");
}
