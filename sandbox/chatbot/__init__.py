"""Amazon Q Developer in chat applications (AWS Chatbot): its API, and what channels show."""
