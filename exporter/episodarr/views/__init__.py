"""What people and programs are shown of a snapshot, without any drawing.

documents  the JSON of the API: snapshot → plain dictionaries
tree       the two pictures: documents → lines that the terminal and the page draw alike
overview   the status page: snapshot → what is under way, what is stuck, the rest of the library
find       which series somebody means
words      the words for every stage, hold, answer and failure
text       numbers, times and hostile titles, written for people
"""
