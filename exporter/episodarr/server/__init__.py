"""Our own HTTP server: the page, the metrics, the API and the webhooks.

contract   what the app needs from the rest of the program
app        every route in one table
page       `/`, drawn by the server, patched by static/app.js
prepared   a body of many parts, the large ones sent as they lie in memory
answers    the GET half of the API, from prepared fragments
operations every route as /api/openapi.json describes it, a row each
openapi    that description, with the schemas of all documents
actions    everything that is not a GET, behind the secret; `commands` carries it out
replies    JSON answers and errors
access     the rights to read and to act
guard      rules for every answer: security headers, reading rights, HEAD
"""
