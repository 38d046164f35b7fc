"""Messages to people, on their pages and by mail, never twice, with a record of what was sent to whom; the data
held on people, and their requests for corrections.
"""
